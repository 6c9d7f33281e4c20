import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js'

import type { ExpectedVersion } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'

import type { EventOctets } from '#infra/eventstoredb/event-codec.ts'
import {
  type AppendReq,
  type BatchAppendReq,
  type ReadReq,
  shared,
  streams,
  type TombstoneReq,
} from '#infra/eventstoredb/protocol.ts'

const { Timestamp } = timestamp

export type Direction = 'forwards' | 'backwards'

/** Which streams of `$all`: by the beginnings of their names, or those that are not the log's own. */
export type StreamFilter = { readonly prefixes: readonly string[] } | 'not-system'

export interface StreamRead {
  readonly stream: string
  /** Inclusive; the stream's beginning or end when it is not given. */
  readonly from?: number | undefined
  readonly direction: Direction
  readonly count: number
  readonly resolvesLinks?: boolean
}

/**
 * Where an event stands in `$all`, in the server's words. The events of one explicit transaction,
 * which the old TCP protocol had, share the first of the two positions; else both are the same.
 */
export interface Place {
  readonly commit: string
  readonly prepare: string
}

export interface AllRead {
  /** Inclusive, and for a subscription exclusive; `LOG_START` is before all. */
  readonly from?: number | Place | undefined
  readonly direction: Direction
  /** `live`: a subscription. */
  readonly count: number | 'live'
  readonly filter?: StreamFilter | undefined
}

/** How many events a server looks at between two checkpoints. */
const FILTER_WINDOW = 256

const empty = () => new shared.Empty()

function identifier(name: string) {
  const named = new shared.StreamIdentifier()
  named.setStreamName(Buffer.from(name))
  return named
}

/** What both reads have in common. */
function readOptions(direction: Direction, count: number | 'live', resolvesLinks: boolean) {
  const options = new streams.ReadReq.Options()
  const uuids = new streams.ReadReq.Options.UUIDOption()
  uuids.setString(empty())
  options.setUuidOption(uuids)
  options.setResolveLinks(resolvesLinks)
  const { FORWARDS, BACKWARDS } = streams.ReadReq.Options.ReadDirection
  options.setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS)
  if (count === 'live') options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
  else options.setCount(String(count))
  return options
}

function requestOf(options: InstanceType<typeof streams.ReadReq.Options>): ReadReq {
  const request = new streams.ReadReq()
  request.setOptions(options)
  return request
}

export function readStreamRequest(read: StreamRead): ReadReq {
  const { stream, from, direction, count, resolvesLinks = false } = read
  const options = readOptions(direction, count, resolvesLinks)
  const where = new streams.ReadReq.Options.StreamOptions()
  where.setStreamIdentifier(identifier(stream))
  if (from !== undefined) where.setRevision(String(from))
  else if (direction === 'forwards') where.setStart(empty())
  else where.setEnd(empty())
  options.setStream(where)
  options.setNoFilter(empty())
  return requestOf(options)
}

export function readAllRequest({ from, direction, count, filter }: AllRead): ReadReq {
  const options = readOptions(direction, count, false)
  const where = new streams.ReadReq.Options.AllOptions()
  if (from === undefined && direction === 'backwards') where.setEnd(empty())
  else if (from === undefined || from === LOG_START) where.setStart(empty())
  else {
    const { commit, prepare } =
      typeof from === 'number' ? { commit: String(from), prepare: String(from) } : from
    const position = new streams.ReadReq.Options.Position()
    position.setCommitPosition(commit)
    position.setPreparePosition(prepare)
    where.setPosition(position)
  }
  options.setAll(where)
  if (filter) options.setFilter(filterOf(filter))
  else options.setNoFilter(empty())
  return requestOf(options)
}

function filterOf(filter: StreamFilter) {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression()
  if (filter === 'not-system') expression.setRegex('^[^$]')
  else expression.setPrefixList([...filter.prefixes])
  const options = new streams.ReadReq.Options.FilterOptions()
  options.setStreamIdentifier(expression)
  options.setMax(FILTER_WINDOW)
  options.setCheckpointintervalmultiplier(1)
  return options
}

interface ExpectationSetter {
  setAny(value: InstanceType<typeof shared.Empty>): unknown
  setNoStream(value: InstanceType<typeof shared.Empty>): unknown
  setStreamExists(value: InstanceType<typeof shared.Empty>): unknown
  setRevision(value: string): unknown
}

/** -1 is no version on the wire: it is an unsigned number there. */
function expect(options: ExpectationSetter, expected: ExpectedVersion): void {
  if (expected === 'any') options.setAny(empty())
  else if (expected === 'exists') options.setStreamExists(empty())
  else if (expected === 'no-stream' || expected < 0) options.setNoStream(empty())
  else options.setRevision(String(expected))
}

/** The messages of one append: what is expected, then the events. */
export function appendRequests(
  stream: string,
  events: readonly EventOctets[],
  expected: ExpectedVersion,
): AppendReq[] {
  const options = new streams.AppendReq.Options()
  options.setStreamIdentifier(identifier(stream))
  expect(options, expected)
  const header = new streams.AppendReq()
  header.setOptions(options)
  return [header, ...events.map(proposal)]
}

/** One append as a message of BatchAppend, but for the id by which its answer is known. */
export function batchRequest(
  stream: string,
  events: readonly EventOctets[],
  expected: ExpectedVersion,
  deadlineAt: number,
): BatchAppendReq {
  const options = new streams.BatchAppendReq.Options()
  options.setStreamIdentifier(identifier(stream))
  expect(
    {
      setAny: (value) => options.setAny(value),
      setNoStream: (value) => options.setNoStream(value),
      setStreamExists: (value) => options.setStreamExists(value),
      setRevision: (value) => options.setStreamPosition(value),
    },
    expected,
  )
  options.setDeadline(Timestamp.fromDate(new Date(deadlineAt)))
  const request = new streams.BatchAppendReq()
  request.setOptions(options)
  request.setProposedMessagesList(
    events.map((event) => describe(new streams.BatchAppendReq.ProposedMessage(), event)),
  )
  request.setIsFinal(true)
  return request
}

function proposal(event: EventOctets): AppendReq {
  const request = new streams.AppendReq()
  request.setProposedMessage(describe(new streams.AppendReq.ProposedMessage(), event))
  return request
}

type Proposed = InstanceType<
  typeof streams.AppendReq.ProposedMessage | typeof streams.BatchAppendReq.ProposedMessage
>

function describe<P extends Proposed>(
  message: P,
  { id, type, contentType, data, metadata }: EventOctets,
): P {
  const uuid = new shared.UUID()
  uuid.setString(id)
  message.setId(uuid)
  message.getMetadataMap().set('type', type).set('content-type', contentType)
  message.setData(data)
  message.setCustomMetadata(metadata)
  return message
}

export function tombstoneRequest(stream: string, expected: ExpectedVersion): TombstoneReq {
  const options = new streams.TombstoneReq.Options()
  options.setStreamIdentifier(identifier(stream))
  expect(options, expected)
  const request = new streams.TombstoneReq()
  request.setOptions(options)
  return request
}
