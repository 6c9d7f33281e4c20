import { DELETED, StreamEnded } from '#events/event-log.ts'
import { metadataStreamOf, NO_VERSION, TOMBSTONE_TYPE } from '#events/fact.ts'

import { ALL_STREAM, assertAccess } from '#gateways/eventstoredb/access.ts'
import { type Answering, answering } from '#gateways/eventstoredb/answers.ts'
import { decodeCount, decodeStream, encodeStream, invalid } from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import { createFilter, decodeFilter } from '#gateways/eventstoredb/filter.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'
import { streams, StreamsService } from '#gateways/eventstoredb/protocol.ts'
import { type Place, readSource, type Source, sourceOf } from '#gateways/eventstoredb/sources.ts'
import { subscribe } from '#gateways/eventstoredb/subscription.ts'

type Options = streams.ReadReq.Options

/** One RPC for all reading: streams, categories and the whole log, once or as they grow. */
export const read = forMembers(
  StreamsService.read,
  'server-stream',
  async (request, outlet, call) => {
    const options = request.getOptions()
    if (!options) throw invalid('A read says what it reads.')
    const { source, from } = decodeSource(options)
    const stream = source.kind === 'all' ? ALL_STREAM : source.stream
    await assertAccess(call.door, call.member, 'read', stream)
    const answer = answering(call, source, {
      ids: options.getUuidOption()?.hasStructured() ? 'structured' : 'string',
      resolves: options.getResolveLinks(),
    })
    if (options.hasSubscription()) return await subscribe(call, { source, from, answer, outlet })
    await readOnce(options, { source, from, answer, outlet }, call)
  },
)

interface Reading {
  readonly source: Source
  readonly from: Place
  readonly answer: Answering
  readonly outlet: Outlet<streams.ReadResp>
}

async function readOnce(
  options: Options,
  { source, from, answer, outlet }: Reading,
  { door, signal }: MemberCall,
): Promise<void> {
  const { BACKWARDS } = streams.ReadReq.Options.ReadDirection
  const direction = options.getReadDirection() === BACKWARDS ? 'backwards' : 'forwards'
  const limit = decodeCount(options.getCount())
  let count = 0
  for await (const record of readSource(door.log, source, { from, direction, limit, signal })) {
    const message = await answer(record)
    count++
    if (!outlet.send(message)) await outlet.ready()
    if (signal.aborted) break
  }
  door.metrics.sent(count)
  if (count === 0 && source.kind === 'stream') await tellWhy(source.stream, outlet, door.log)
}

/** A read that found nothing: there may be nothing there, or no stream at all. */
async function tellWhy(
  stream: string,
  outlet: Outlet<streams.ReadResp>,
  log: MemberCall['door']['log'],
): Promise<void> {
  if (!stream.startsWith('$$')) {
    const last = { direction: 'backwards', limit: 1, as: 'records' } as const
    for await (const { type } of log.readStream(metadataStreamOf(stream), last)) {
      if (type === TOMBSTONE_TYPE) throw new StreamEnded(stream)
    }
  }
  const { truncateBefore } = await log.readMetadata(stream)
  const isThere = (await log.streamVersion(stream)) !== NO_VERSION && truncateBefore !== DELETED
  if (isThere) return
  const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(encodeStream(stream))
  outlet.send(new streams.ReadResp().setStreamNotFound(missing))
}

function decodeSource(options: Options): { readonly source: Source; readonly from: Place } {
  const all = options.getAll()
  const filter = options.getFilter()
  if (all) {
    const position = all.getPosition()
    const from = position ? decodeCount(position.getCommitPosition()) : edgeOf(all)
    return {
      source: { kind: 'all', ...(filter && { filter: createFilter(decodeFilter(filter)) }) },
      from,
    }
  }
  const stream = options.getStream()
  if (!stream) throw invalid('A read says what it reads.')
  const name = decodeStream(stream.getStreamIdentifier())
  const from = stream.hasRevision() ? decodeCount(stream.getRevision()) : edgeOf(stream)
  return { source: sourceOf(name), from }
}

function edgeOf(options: { hasEnd(): boolean }): 'start' | 'end' {
  return options.hasEnd() ? 'end' : 'start'
}
