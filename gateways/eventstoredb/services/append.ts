import { type ExpectedVersion, VersionConflict } from '#events/event-log.ts'
import { type NewFact, NO_VERSION } from '#events/fact.ts'

import { decodeStream, invalid } from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import { decodeExpected } from '#gateways/eventstoredb/expected.ts'
import { Proposals } from '#gateways/eventstoredb/proposals.ts'
import { shared, streams, StreamsService } from '#gateways/eventstoredb/protocol.ts'
import { assertAppendable, record } from '#gateways/eventstoredb/recording.ts'

/** Options first, then the events one by one. A wrong expected revision is an answer, no error. */
export const append = forMembers(StreamsService.append, 'client-stream', async (requests, call) => {
  let target: { readonly stream: string; readonly expected: ExpectedVersion } | undefined
  const proposals = new Proposals(call)
  try {
    for await (const request of requests) {
      const proposed = request.getProposedMessage()
      if (!proposed) target = await begin(request.getOptions(), call)
      else proposals.add(proposed)
    }
    if (!target) throw invalid('An append says first where to.')
    return await attempt(call, target.stream, proposals.facts, target.expected)
  } finally {
    proposals.release()
  }
})

async function begin(options: streams.AppendReq.Options | undefined, call: MemberCall) {
  if (!options) throw invalid('An append says first where to.')
  const stream = decodeStream(options.getStreamIdentifier())
  await assertAppendable(call, stream)
  return { stream, expected: decodeExpected(options) }
}

async function attempt(
  call: MemberCall,
  stream: string,
  facts: readonly NewFact[],
  expected: ExpectedVersion,
): Promise<streams.AppendResp> {
  try {
    const { version, position } = await record(call, stream, facts, expected)
    return new streams.AppendResp().setSuccess(success(version, position))
  } catch (cause) {
    if (!(cause instanceof VersionConflict)) throw cause
    return new streams.AppendResp().setWrongExpectedVersion(conflict(cause))
  }
}

function success(version: number, position: number | undefined): streams.AppendResp.Success {
  const success = new streams.AppendResp.Success()
  if (version === NO_VERSION) success.setNoStream(new shared.Empty())
  else success.setCurrentRevision(String(version))
  if (position === undefined) return success.setNoPosition(new shared.Empty())
  return success.setPosition(
    new streams.AppendResp.Position()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position)),
  )
}

function conflict({ expected, actual }: VersionConflict): streams.AppendResp.WrongExpectedVersion {
  const wrong = new streams.AppendResp.WrongExpectedVersion()
  if (actual === NO_VERSION) wrong.setCurrentNoStream(new shared.Empty())
  else wrong.setCurrentRevision(String(actual))
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty())
  else if (expected === 'exists') wrong.setExpectedStreamExists(new shared.Empty())
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty())
  else wrong.setExpectedRevision(String(expected))
  return wrong
}
