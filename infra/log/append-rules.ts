import { AppendRefused, type ExpectedVersion, LOG_LIMITS } from '#events/event-log.ts'
import { type Fact, type NewFact, NO_VERSION } from '#events/fact.ts'
import { isUuid } from '#events/ids.ts'

import { assertReadable } from '#infra/log/lift.ts'
import { subjectOf } from '#infra/log/stream-state.ts'

/** Whether a stream whose last version is `actual` is as the writer expects. */
export function isAsExpected(expected: ExpectedVersion, actual: number): boolean {
  if (expected === 'any') return true
  if (expected === 'no-stream') return actual === NO_VERSION
  if (expected === 'exists') return actual !== NO_VERSION
  return expected === actual
}

/** Throws `AppendRefused` for what no log takes: bad names, bad ids or one twice, too many facts. */
export function assertAppendable(stream: string, facts: readonly NewFact[]): void {
  // What describes a stream has a name of its own length.
  const name = subjectOf(stream) ?? stream
  const nameBytes = Buffer.byteLength(name)
  if (nameBytes === 0 || nameBytes > LOG_LIMITS.streamNameBytes) {
    throw new AppendRefused(`a stream's name has 1 to ${LOG_LIMITS.streamNameBytes} bytes`)
  }
  if (name !== stream && subjectOf(name) !== undefined) {
    throw new AppendRefused(`${name} is metadata, and has none of its own`)
  }
  if (facts.length === 0) throw new AppendRefused('an append has at least one fact')
  if (facts.length > LOG_LIMITS.factsPerAppend) {
    throw new AppendRefused(`an append has at most ${LOG_LIMITS.factsPerAppend} facts`)
  }
  for (const fact of facts) {
    if (!isUuid(fact.id)) throw new AppendRefused(`${fact.id} is not a lower-case UUID`)
    assertReadable(fact)
  }
  if (facts.length > 1 && new Set(facts.map(({ id }) => id)).size < facts.length) {
    throw new AppendRefused('two facts of an append have the same id')
  }
}

/** Whether a text has more bytes as UTF-8; counted only where it may, a character has 3 at most. */
export function isLongerThan(text: string, bytes: number): boolean {
  if (text.length * 3 <= bytes) return false
  return Buffer.byteLength(text) > bytes
}

/**
 * Tells a repeated append from a new one.
 *
 * `find` answers the recorded fact with an id, wherever it is. When the first id is known, all
 * must be, one after the other in this stream: the recorded facts are then the answer. A mixture
 * of known and new ids is refused, because appending the rest would split what belongs together.
 */
export function findRepeated(
  stream: string,
  facts: readonly NewFact[],
  find: (id: string) => Fact | undefined,
): readonly Fact[] | undefined {
  const recorded: Fact[] = []
  for (const [index, fact] of facts.entries()) {
    const known = find(fact.id)
    if (!known) {
      if (recorded.length > 0) throw new AppendRefused(`${fact.id} is new, others are recorded`)
      continue
    }
    if (known.stream !== stream || recorded.length < index) {
      throw new AppendRefused(`${fact.id} is recorded already as ${known.stream}@${known.version}`)
    }
    if (index > 0 && known.version !== recorded[0]!.version + index) {
      throw new AppendRefused(`${fact.id} was recorded in another order`)
    }
    recorded.push(known)
  }
  return recorded.length > 0 ? recorded : undefined
}
