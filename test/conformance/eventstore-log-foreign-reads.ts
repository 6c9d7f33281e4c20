import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { ServerWritableStream } from '@grpc/grpc-js'

import type { ForeignRecord } from '#test/conformance/eventstore-log-foreign-rules.ts'

export type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>

type Place = readonly [bigint, bigint]

/** Both ends of a read are included, and of a subscription the beginning is not. */
export function chosenFor(
  log: readonly ForeignRecord[],
  options: streams.ReadReq.Options,
): ForeignRecord[] {
  const isBackwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS
  const stream = options.getStream()
  const filter = options.getFilter()?.getStreamIdentifier()
  const from = placeIn(options)
  const chosen = log.filter((each) => {
    if (stream && each.stream !== nameOf(stream.getStreamIdentifier())) return false
    const prefixes = filter?.getPrefixList() ?? []
    if (prefixes.length > 0 && !prefixes.some((p) => each.stream.startsWith(p))) return false
    if (filter?.getRegex() && each.stream.startsWith('$')) return false
    if (!from) return true
    const order = compare(stream ? [each.version, 0n] : [each.position, each.prepare], from)
    if (options.hasSubscription()) return order > 0
    return isBackwards ? order <= 0 : order >= 0
  })
  return isBackwards ? chosen.toReversed() : chosen
}

function placeIn(options: streams.ReadReq.Options): Place | undefined {
  const stream = options.getStream()
  if (stream) return stream.hasRevision() ? [BigInt(stream.getRevision()), 0n] : undefined
  const place = options.getAll()?.getPosition()
  return place && [BigInt(place.getCommitPosition()), BigInt(place.getPreparePosition())]
}

function compare(left: Place, right: Place): number {
  for (const index of [0, 1] as const) {
    if (left[index] !== right[index]) return left[index] < right[index] ? -1 : 1
  }
  return 0
}

/** A link's data is `revision@stream`; one whose event is gone comes alone. */
export function resolve(call: ReadCall, log: readonly ForeignRecord[], link: ForeignRecord): void {
  const [version, stream] = link.data.toString().split('@')
  const target = log.find((each) => each.stream === stream && `${each.version}` === version)
  const read = new streams.ReadResp.ReadEvent().setLink(recorded(link))
  if (target) read.setEvent(recorded(target))
  call.write(new streams.ReadResp().setEvent(read))
}

export function send(call: ReadCall, record: ForeignRecord): void {
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded(record))
  call.write(new streams.ReadResp().setEvent(read))
}

function recorded(record: ForeignRecord): streams.ReadResp.ReadEvent.RecordedEvent {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(record.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(record.stream)))
    .setStreamRevision(String(record.version))
    .setCommitPosition(String(record.position))
    .setPreparePosition(String(record.prepare))
    .setData(record.data)
    .setCustomMetadata(record.metadata)
  event.getMetadataMap().set('type', record.type).set('content-type', record.contentType)
  event.getMetadataMap().set('created', String(record.created))
  return event
}

export function nameOf(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier!.getStreamName_asU8()).toString()
}
