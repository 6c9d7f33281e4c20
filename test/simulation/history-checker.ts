import { isDeepStrictEqual } from 'node:util'

import { type Fact, kindOf } from '#events/fact.ts'
import { HOST_REFUSALS } from '#events/refusal.ts'

import type { Attempt, Hearing, History } from '#test/simulation/history.ts'

/** Something that must not be. */
export interface Violation {
  readonly property: PropertyName
  readonly detail: string
}

type Property = (history: History) => Iterable<string>

/** What is true of every history, each with what is said when it is not. */
const properties = {
  'versions without gaps': versionsWithoutGaps,
  'positions rising': positionsRising,
  'ids unique': idsUnique,
  'nothing acknowledged is lost': nothingAcknowledgedIsLost,
  'one effect a command': oneEffectACommand,
  'no effect of a refusal': noEffectOfARefusal,
  'one receipt a command': oneReceiptACommand,
  'no command called invalid': noCommandCalledInvalid,
  'listeners in log order': listenersInLogOrder,
  'listeners miss nothing': listenersMissNothing,
  'one effect a fact': oneEffectAFact,
  'states are folds': statesAreFolds,
  'tables as rebuilt': tablesAsRebuilt,
  'nothing overdue': ({ overdue }) => overdue,
  'no faults': ({ faults }) => faults,
} as const satisfies Record<string, Property>

export type PropertyName = keyof typeof properties

export const PROPERTIES = Object.keys(properties) as PropertyName[]

/** All that is wrong with a history. */
export function checkHistory(history: History): Violation[] {
  return PROPERTIES.flatMap((property) =>
    [...properties[property](history)].map((detail) => ({ property, detail })),
  )
}

function* versionsWithoutGaps({ log }: History): Iterable<string> {
  const versions = new Map<string, number>()
  for (const { stream, version, position } of log) {
    const next = versions.get(stream) ?? 0
    if (version !== next) yield `${stream} has version ${version} for ${next} at ${position}`
    versions.set(stream, version + 1)
  }
}

function* positionsRising({ log }: History): Iterable<string> {
  let last = 0
  for (const { position } of log) {
    if (position <= last) yield `position ${position} stands after ${last}`
    last = position
  }
}

function* idsUnique({ log }: History): Iterable<string> {
  const ids = new Map<string, Fact>()
  for (const fact of log) {
    const other = ids.get(fact.id)
    if (other) yield `${fact.id} is ${place(other)} and ${place(fact)}`
    ids.set(fact.id, fact)
  }
}

function* nothingAcknowledgedIsLost({ log, commands }: History): Iterable<string> {
  const byPosition = new Map(log.map((fact) => [fact.position, fact]))
  for (const { id, attempts } of commands) {
    for (const fact of attempts.flatMap(factsOf)) {
      const recorded = byPosition.get(fact.position)
      if (isDeepStrictEqual(recorded, fact)) continue
      yield `${place(fact)} of ${id} is ${recorded ? `now ${place(recorded)}` : 'not in the log'}`
    }
  }
}

/** All facts of a command stand side by side, once each, and are those of its receipt. */
function* oneEffectACommand({ log, commands }: History): Iterable<string> {
  const byCommand = Map.groupBy(log, (fact) => fact.meta.commandId)
  for (const { id, type, attempts } of commands) {
    const facts = byCommand.get(id) ?? []
    const [first] = facts
    for (const [index, fact] of facts.entries()) {
      const isNext = fact.stream === first!.stream && fact.version === first!.version + index
      if (!isNext) yield `${type} ${id} has facts at ${facts.map(place).join(', ')}`
      if (!isNext) break
    }
    const receipt = attempts.map(factsOf).find((own) => own.length > 0)
    if (receipt && receipt.length !== facts.length) {
      yield `${type} ${id} was told of ${receipt.length} facts and has ${facts.length}`
    }
  }
}

function* noEffectOfARefusal({ log, commands }: History): Iterable<string> {
  const effective = new Set(log.map((fact) => fact.meta.commandId))
  for (const { id, type, attempts } of commands) {
    const isRefused = attempts.length > 0 && attempts.every(({ outcome }) => outcome === 'refused')
    if (isRefused && effective.has(id)) yield `${type} ${id} was refused and has facts`
  }
}

function* oneReceiptACommand({ commands }: History): Iterable<string> {
  for (const { id, type, attempts } of commands) {
    const receipts = attempts.map(factsOf).filter((facts) => facts.length > 0)
    for (const other of receipts.slice(1)) {
      if (!isDeepStrictEqual(other, receipts[0])) yield `${type} ${id} has two receipts`
    }
  }
}

/** Members send nothing that is malformed: whoever is told so suffers for somebody else. */
function* noCommandCalledInvalid({ commands }: History): Iterable<string> {
  for (const { id, type, attempts } of commands) {
    const isCalledSo = attempts.some(
      (attempt) => attempt.outcome === 'refused' && attempt.code === HOST_REFUSALS.invalidCommand,
    )
    if (isCalledSo) yield `${type} ${id} was called invalid`
  }
}

function* listenersInLogOrder({ log, hearings }: History): Iterable<string> {
  const byPosition = new Map(log.map((fact) => [fact.position, fact]))
  for (const { name, mayRepeat, facts } of hearings) {
    let last = 0
    for (const fact of facts) {
      if (!isDeepStrictEqual(byPosition.get(fact.position), fact)) {
        yield `${name} heard ${place(fact)}, which is not in the log`
      }
      if (fact.position <= last && !mayRepeat) yield `${name} heard ${place(fact)} after ${last}`
      last = Math.max(last, fact.position)
    }
  }
}

/** Repetitions apart, what was heard is just what it wanted of the log. */
function* listenersMissNothing({ log, hearings }: History): Iterable<string> {
  for (const hearing of hearings) {
    const heard: Fact[] = []
    for (const fact of hearing.facts) {
      if (fact.position > (heard.at(-1)?.position ?? 0)) heard.push(fact)
    }
    const through = hearing.through ?? heard.at(-1)?.position ?? hearing.after
    const wanted = log.filter(
      (fact) =>
        fact.position > hearing.after && fact.position <= through && isWanted(hearing, fact),
    )
    const missed = wanted.find(({ position }, index) => heard[index]?.position !== position)
    if (missed) yield `${hearing.name} missed ${place(missed)} and up to ${through}`
    const surplus = heard.find((fact) => !isWanted(hearing, fact))
    if (surplus) yield `${hearing.name} did not want ${place(surplus)}`
  }
}

function* oneEffectAFact({ expectedEffects, effects }: History): Iterable<string> {
  const counts = new Map(expectedEffects.map((id) => [id, 0]))
  for (const { about } of effects) {
    const count = counts.get(about)
    if (count === undefined) yield `an effect about ${about}, which asks for none`
    else counts.set(about, count + 1)
  }
  for (const [id, count] of counts) if (count !== 1) yield `${count} effects about ${id}`
}

function* statesAreFolds({ states }: History): Iterable<string> {
  for (const { stream, version, live, folded } of states) {
    if (isDeepStrictEqual(live, folded)) continue
    const words = `${JSON.stringify(live)} and not ${JSON.stringify(folded)}`
    yield `${stream} at version ${version} is ${words}`
  }
}

function* tablesAsRebuilt({ tables }: History): Iterable<string> {
  for (const { table, incremental, rebuilt } of tables) {
    if (isDeepStrictEqual(incremental, rebuilt)) continue
    const wrong = incremental.find((row) => !rebuilt.includes(row))
    const missing = rebuilt.find((row) => !incremental.includes(row))
    yield `${table} has ${wrong ?? 'no row'} and should have ${missing ?? 'none'}`
  }
}

const factsOf = (attempt: Attempt): readonly Fact[] =>
  attempt.outcome === 'done' ? attempt.facts : []

const place = ({ stream, version, position, type }: Fact): string =>
  `${stream}@${version} (${type}, position ${position})`

function isWanted({ kinds, stream }: Hearing, fact: Fact): boolean {
  if (stream !== undefined) return fact.stream === stream
  return kinds === undefined || kinds.includes(kindOf(fact.stream))
}
