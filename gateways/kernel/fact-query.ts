import { subjectOf } from '#events/audit-subject.ts'
import type { EventLog } from '#events/event-log.ts'
import { type Fact, kindOf } from '#events/fact.ts'
import { createFactGateways, type FactGateways } from '#gateways/kernel/fact-gateways.ts'

/** What to look for in the log. What is not said does not matter; all that is said must hold. */
export interface FactQuery {
  readonly stream?: string
  readonly kinds?: readonly string[]
  /** Types with `*` and `?` for any text and any character; one of them must match. */
  readonly types?: readonly string[]
  /** Who caused it, or `SERVER` for the server itself. */
  readonly member?: string
  /** To whom it was done, as `subjectOf` has it. */
  readonly whom?: string
  /** By which it came in: `ftp`. */
  readonly gateway?: string
  readonly command?: string
  readonly correlation?: string
  /** Positions, both exclusive. */
  readonly after?: number
  readonly before?: number
  /** Times of recording in milliseconds since 1970, both inclusive. */
  readonly from?: number
  readonly to?: number
  /** What the data as JSON contains, in upper or lower case. */
  readonly text?: string
}

/** As a member: nobody, the server itself. No member's name is a dash. */
export const SERVER = '-'

/**
 * Whether facts match. Only for a query by gateway the log is asked, and that last: the answer
 * is a promise then.
 */
export function matcherOf(
  query: FactQuery,
  gateways: FactGateways,
): (fact: Fact) => boolean | Promise<boolean> {
  const meets = conditionsOf(query)
  const { gateway } = query
  if (gateway === undefined) return meets
  return async (fact) => meets(fact) && (await gateways.of(fact)) === gateway
}

function conditionsOf(query: FactQuery): (fact: Fact) => boolean {
  const { stream, kinds, types, member, command, correlation } = query
  const { after, before, from, to, text } = query
  const by = member === SERVER ? null : member?.toLowerCase()
  const whom = query.whom?.toLowerCase()
  const words = text?.toLowerCase()
  const conditions: ((fact: Fact) => boolean)[] = []
  const when = (isAsked: boolean, condition: (fact: Fact) => boolean) => {
    if (isAsked) conditions.push(condition)
  }
  when(after !== undefined, ({ position }) => position > after!)
  when(before !== undefined, ({ position }) => position < before!)
  when(stream !== undefined, (fact) => fact.stream === stream)
  when(by !== undefined, ({ meta }) => meta.by === by)
  when(whom !== undefined, (fact) => subjectOf(fact) === whom)
  when(command !== undefined, ({ meta }) => meta.commandId === command)
  when(correlation !== undefined, ({ meta }) => meta.correlationId === correlation)
  when(from !== undefined, ({ meta }) => meta.at >= from!)
  when(to !== undefined, ({ meta }) => meta.at <= to!)
  when(kinds !== undefined, (fact) => kinds!.includes(kindOf(fact.stream)))
  when(types !== undefined, ({ type }) => types!.some((pattern) => isLike(type, pattern)))
  when(words !== undefined, ({ data }) => JSON.stringify(data).toLowerCase().includes(words!))
  return (fact) => conditions.every((condition) => condition(fact))
}

export interface SearchOptions {
  readonly direction: 'forwards' | 'backwards'
  /** Told of the position of each fact looked at, whether or not it matches. */
  readonly looked?: (position: number) => void
  /** Shared by searches of one log, which then do not look for the same twice. */
  readonly gateways?: FactGateways
}

/**
 * The facts of the log that match, as they were recorded, in the order asked for: of one stream
 * by its own index, of kinds by theirs, and otherwise of the whole log.
 */
export async function* searchFacts(
  log: EventLog,
  query: FactQuery,
  { direction, looked, gateways }: SearchOptions,
): AsyncGenerator<Fact> {
  const matches = matcherOf(query, gateways ?? createFactGateways(log))
  for await (const fact of candidates(log, query, direction)) {
    looked?.(fact.position)
    if (direction === 'forwards' && fact.position >= (query.before ?? Infinity)) return
    if (direction === 'backwards' && fact.position <= (query.after ?? -1)) return
    if (await matches(fact)) yield fact
  }
}

function candidates(
  log: EventLog,
  { stream, kinds, after, before }: FactQuery,
  direction: 'forwards' | 'backwards',
): AsyncIterable<Fact> {
  if (stream !== undefined) return log.readStream(stream, { direction, as: 'records' })
  const start = direction === 'forwards' ? after : before
  return log.readAll({
    direction,
    as: 'records',
    ...(start !== undefined && { after: start }),
    ...(kinds !== undefined && { kinds }),
  })
}

/**
 * Whether a text is like a pattern, in which `*` stands for any text and `?` for any character.
 * Goes back to the last `*` alone, so that no pattern makes it slow.
 */
export function isLike(text: string, pattern: string): boolean {
  let at = 0
  let like = 0
  let star = -1
  let afterStar = 0
  while (at < text.length) {
    if (pattern[like] === '*') {
      star = like++
      afterStar = at
    } else if (pattern[like] === text[at] || pattern[like] === '?') {
      at++
      like++
    } else if (star >= 0) {
      like = star + 1
      at = ++afterStar
    } else return false
  }
  while (pattern[like] === '*') like++
  return like === pattern.length
}
