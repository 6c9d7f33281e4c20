import {
  DELETED,
  type ExpectedVersion,
  LogUnavailable,
  VersionConflict,
} from '#events/event-log.ts'
import { metadataDataOf } from '#events/eventstore-form.ts'
import { METADATA_TYPE, metadataStreamOf, NO_VERSION } from '#events/fact.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'

import { assertAccess } from '#gateways/eventstoredb/access.ts'
import { decodeStream, invalid } from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import { decodeExpected } from '#gateways/eventstoredb/expected.ts'
import { streams, StreamsService } from '#gateways/eventstoredb/protocol.ts'
import { assertNotKept, record } from '#gateways/eventstoredb/recording.ts'

/** Metadata that somebody else writes at the same time: how often that is met again. */
const ATTEMPTS = 5

/** Hides a stream until somebody appends to it again: `$tb` of its metadata goes to the end. */
export const softDelete = forMembers(StreamsService.delete, 'unary', async (request, call) => {
  const { stream, expected } = await decode(request.getOptions(), call)
  const position = await hide(call, stream, expected)
  return new streams.DeleteResp().setPosition(
    new streams.DeleteResp.Position()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position)),
  )
})

/** Ends a stream for ever. */
export const tombstone = forMembers(StreamsService.tombstone, 'unary', async (request, call) => {
  const { stream, expected } = await decode(request.getOptions(), call)
  const position = await call.door.log.tombstone(stream, expected)
  return new streams.TombstoneResp().setPosition(
    new streams.TombstoneResp.Position()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position)),
  )
})

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options

async function decode(options: Options | undefined, call: MemberCall) {
  if (!options) throw invalid('A deletion says what it deletes.')
  const stream = decodeStream(options.getStreamIdentifier())
  if (stream.startsWith('$$')) throw invalid('Metadata is not deleted; write other metadata.')
  assertNotKept(stream)
  await assertAccess(call.door, call.member, 'delete', stream)
  return { stream, expected: decodeExpected(options) }
}

/** Answers where the deletion stands in the log. */
async function hide(
  call: MemberCall,
  stream: string,
  expected: ExpectedVersion,
  attempt = 1,
): Promise<number | undefined> {
  const { log } = call.door
  const metadataStream = metadataStreamOf(stream)
  // Its version is taken first: metadata that changes meanwhile makes the append fail.
  const metadataVersion = await log.streamVersion(metadataStream)
  const metadata = await log.readMetadata(stream)
  await assertExpected(call, stream, expected, metadata.truncateBefore === DELETED)
  const { clock, ids } = call.door
  const deletion = uncausedFact(
    { clock, ids, by: call.member.id },
    METADATA_TYPE,
    metadataDataOf({ ...metadata, truncateBefore: DELETED }),
  )
  try {
    return (await record(call, metadataStream, [deletion], metadataVersion)).position
  } catch (cause) {
    if (!(cause instanceof VersionConflict)) throw cause
    // It is no conflict of the caller's: what they expect is of the stream, not of its metadata.
    if (attempt === ATTEMPTS) {
      throw new LogUnavailable(`the metadata of ${stream} changes all the time`, cause)
    }
    return await hide(call, stream, expected, attempt + 1)
  }
}

async function assertExpected(
  { door }: MemberCall,
  stream: string,
  expected: ExpectedVersion,
  isDeleted: boolean,
): Promise<void> {
  const actual = await door.log.streamVersion(stream)
  const isNone = actual === NO_VERSION || isDeleted
  const isFitting =
    expected === 'any' ||
    (expected === 'exists' && !isNone) ||
    (expected === 'no-stream' && isNone) ||
    expected === actual
  if (!isFitting) throw new VersionConflict(stream, expected, actual)
}
