import { type Fact, kindOf } from '#events/fact.ts'

import { invalid } from '#gateways/eventstoredb/codec.ts'
import { compilePattern } from '#gateways/eventstoredb/pattern.ts'

/** Which events of the whole log a client wants. */
export interface EventFilter {
  readonly isWanted: (record: Fact) => boolean
  /** When all that is wanted is of some kinds, these: they can be looked up. */
  readonly kinds?: readonly string[]
  /** Events after which a subscription is told how far it is. */
  readonly checkpointEvery: number
}

/** A filter as it can be kept: of a persistent subscription. */
export interface FilterSettings {
  readonly on: 'stream' | 'type'
  readonly prefixes: readonly string[]
  /** Empty when there are prefixes. */
  readonly regex: string
  readonly checkpointEvery: number
}

interface Expression {
  getRegex(): string
  getPrefixList(): string[]
}

/** A filter in a request: Read and the persistent subscriptions have it in one form. */
export interface FilterOptions {
  getStreamIdentifier(): Expression | undefined
  getEventType(): Expression | undefined
  hasMax(): boolean
  getMax(): number
  getCheckpointintervalmultiplier(): number
}

const PREFIXES = 200
const PREFIX_CHARACTERS = 400
/** EventStoreDB's own, when the client names none. */
const WINDOW = 32

export function decodeFilter(options: FilterOptions): FilterSettings {
  const byStream = options.getStreamIdentifier()
  const expression = byStream ?? options.getEventType()
  if (!expression) throw invalid('A filter says what it looks at.')
  const prefixes = expression.getPrefixList()
  if (prefixes.length > PREFIXES || prefixes.some(({ length }) => length > PREFIX_CHARACTERS)) {
    throw invalid(`A filter has at most ${PREFIXES} prefixes of ${PREFIX_CHARACTERS} characters.`)
  }
  const window = options.hasMax() ? options.getMax() : WINDOW
  const interval = options.getCheckpointintervalmultiplier()
  if (window === 0) throw invalid('The window of a filter is above 0.')
  if (interval === 0) throw invalid('The checkpoint interval of a filter is above 0.')
  return {
    on: byStream ? 'stream' : 'type',
    prefixes,
    regex: prefixes.length > 0 ? '' : expression.getRegex(),
    checkpointEvery: window * interval,
  }
}

/** Throws a `Refusal` when the expression is none. */
export function createFilter({
  on,
  prefixes,
  regex,
  checkpointEvery,
}: FilterSettings): EventFilter {
  const matches =
    prefixes.length > 0
      ? (text: string) => prefixes.some((prefix) => text.startsWith(prefix))
      : compilePattern(regex)
  const isWanted =
    on === 'stream' ? ({ stream }: Fact) => matches(stream) : ({ type }: Fact) => matches(type)
  const areKinds = on === 'stream' && prefixes.length > 0 && prefixes.every(namesKind)
  return {
    isWanted,
    checkpointEvery,
    ...(areKinds && { kinds: [...new Set(prefixes.map(kindOf))] }),
  }
}

/** Whether all streams that begin so are of one kind. */
function namesKind(prefix: string): boolean {
  return prefix.includes('-')
}
