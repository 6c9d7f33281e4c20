import {
  type AppendResult,
  type ExpectedVersion,
  StreamEnded,
  VersionConflict,
} from '#events/event-log.ts'
import { metadataDataOf } from '#events/eventstore-form.ts'
import { type Fact, METADATA_TYPE, metadataStreamOf, type NewFact } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'

import { findRepeated, isAsExpected } from '#infra/log/append-rules.ts'
import { isDeleted, type StreamState, subjectOf } from '#infra/log/stream-state.ts'

/** What is to be recorded. */
export interface AppendRequest {
  readonly stream: string
  readonly facts: readonly NewFact[]
  readonly expected: ExpectedVersion
  /** What must be so of another stream at the same time: a tombstone's subject. */
  readonly provided?: { readonly stream: string; readonly expected: ExpectedVersion }
}

/** What is recorded so far, with what waits to be written. */
export interface LogView {
  state(stream: string): StreamState
  /** The recorded fact with an id. */
  find(id: string): Fact | undefined
}

export interface Decision {
  readonly result: AppendResult
  /** What is to be written, in log order: each is a run of facts of one stream. */
  readonly runs: readonly (readonly Fact[])[]
}

/**
 * Decides one append on a log whose last position is `head`. Throws `VersionConflict`,
 * `StreamEnded` or `AppendRefused`; the answer has no runs when it has been recorded before.
 */
export function decideAppend(view: LogView, request: AppendRequest, head: number): Decision {
  const { stream, facts, expected, provided } = request
  const state = view.state(stream)
  const subject = subjectOf(stream)
  if (state.isEnded) throw new StreamEnded(stream)
  if (subject !== undefined && view.state(subject).isEnded) throw new StreamEnded(subject)
  const repeated = findRepeated(stream, facts, (id) => view.find(id))
  if (repeated) {
    const { version, position } = repeated.at(-1)!
    return { result: { version, position, facts: repeated }, runs: [] }
  }
  if (provided) assertExpected(view.state(provided.stream), provided.stream, provided.expected)
  assertExpected(state, stream, expected)
  const first = state.version + 1
  const runs: (readonly Fact[])[] = []
  let position = head
  if (isDeleted(state)) {
    // It begins again here. The record stands before the facts, so that they are the head.
    const reopening = reopen(view, stream, state, facts[0]!)
    runs.push(recordAll(metadataStreamOf(stream), [reopening.fact], reopening.version, position++))
  }
  const recorded = recordAll(stream, facts, first, position)
  runs.push(recorded)
  const { version, position: last } = recorded.at(-1)!
  return { result: { version, position: last, facts: recorded }, runs }
}

function assertExpected(state: StreamState, stream: string, expected: ExpectedVersion): void {
  // EventStoreDB takes the true version of a deleted stream as well as the belief that it is none.
  const isFitting = isDeleted(state)
    ? isAsExpected(expected, -1) || state.version === expected
    : isAsExpected(expected, state.version)
  if (!isFitting) throw new VersionConflict(stream, expected, state.version)
}

/** The facts from a version on, after a position. */
function recordAll(
  stream: string,
  facts: readonly NewFact[],
  version: number,
  after: number,
): Fact[] {
  return facts.map((fact, index) => ({
    id: fact.id,
    type: fact.type,
    data: fact.data,
    meta: fact.meta,
    stream,
    version: version + index,
    position: after + 1 + index,
  }))
}

/** The record that shows a deleted stream again, from its first new version; caused by a fact. */
function reopen(view: LogView, stream: string, state: StreamState, cause: NewFact) {
  const metadata = { ...state.metadata, truncateBefore: state.version + 1 }
  const { at, by, connection, commandId, correlationId } = cause.meta
  const fact: NewFact = {
    id: derivedId('reopened', stream, cause.id),
    type: METADATA_TYPE,
    data: metadataDataOf(metadata),
    meta: { at, by, connection, commandId, correlationId, causationId: cause.id, schema: 1 },
  }
  return { fact, version: view.state(metadataStreamOf(stream)).version + 1 }
}
