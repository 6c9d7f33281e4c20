import { invalid } from '#gateways/eventstoredb/codec.ts'

/** A regular expression as it is written. */
export type Pattern =
  | { readonly kind: 'take'; readonly matches: (code: number) => boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'either'; readonly parts: readonly Pattern[] }
  /** Whether the text begins so, or does not: only at its start. */
  | { readonly kind: 'ahead'; readonly part: Pattern; readonly isNegated: boolean }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly min: number; readonly max: number }

const PATTERN_CHARACTERS = 512
const GROUPS_DEEP = 50
const LOOKAHEADS = 4
const REPETITIONS = 1_000

type Range = readonly [from: number, to: number]

const WORD: readonly Range[] = [range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_', '_')]
const SPACE: readonly Range[] = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0xfe_ff, 0xfe_ff],
]
const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  d: [range('0', '9')],
  w: WORD,
  s: SPACE,
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }

/** Reads a regular expression of literals, classes, groups, choices, anchors and repetitions. */
export function parsePattern(source: string): Pattern {
  if (source.length > PATTERN_CHARACTERS) {
    throw invalid(`A pattern has at most ${PATTERN_CHARACTERS} characters.`)
  }
  const reader = new Reader(source)
  const pattern = reader.either(0)
  if (!reader.isAtEnd) throw invalid('The pattern has a ) that closes nothing.')
  return pattern
}

class Reader {
  readonly #source: string
  #at = 0
  #lookaheads = 0

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length
  }

  either(depth: number): Pattern {
    if (depth > GROUPS_DEEP) throw invalid('The pattern has groups too deep in each other.')
    const parts = [this.#sequence(depth)]
    while (this.#skip('|')) parts.push(this.#sequence(depth))
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts }
  }

  #sequence(depth: number): Pattern {
    const parts: Pattern[] = []
    while (!this.isAtEnd && !'|)'.includes(this.#peek())) {
      const before = parts.at(-1)?.kind
      const isAtStart = before === 'start' || before === 'ahead'
      parts.push((isAtStart && this.#ahead(depth)) || this.#repeated(depth))
    }
    return { kind: 'sequence', parts }
  }

  /** `^(?!…)`: clients leave system events out so. Anywhere else it would cost too much time. */
  #ahead(depth: number): Pattern | undefined {
    const isNegated = this.#skip('(?!')
    if (!isNegated && !this.#skip('(?=')) return undefined
    if (++this.#lookaheads > LOOKAHEADS) throw invalid('The pattern has too many lookaheads.')
    const inner = this.either(depth + 1)
    if (!this.#skip(')')) throw invalid('The pattern has a ( that nothing closes.')
    return {
      kind: 'ahead',
      part: { kind: 'sequence', parts: [{ kind: 'start' }, inner] },
      isNegated,
    }
  }

  #repeated(depth: number): Pattern {
    let part = this.#atom(depth)
    for (let times = this.#times(); times; times = this.#times()) {
      // `*?` finds the same as `*`: only whether there is a match is asked.
      this.#skip('?')
      part = { kind: 'repeat', part, ...times }
    }
    return part
  }

  #times(): { readonly min: number; readonly max: number } | undefined {
    if (this.#skip('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#skip('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#skip('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#source.slice(this.#at))
    if (!braces) return undefined
    this.#at += braces[0].length
    const min = Number(braces[1])
    const [, , comma, most] = braces
    const max = comma === undefined ? min : Number(most ?? Number.POSITIVE_INFINITY)
    if (min > REPETITIONS || max < min) throw invalid(`The pattern has a wrong ${braces[0]}.`)
    return { min, max }
  }

  #atom(depth: number): Pattern {
    const char = this.#next()
    if (char === '(') return this.#group(depth)
    if (char === '[') return this.#class()
    if (char === '.') return { kind: 'take', matches: (code) => code !== 10 }
    if (char === '^') return { kind: 'start' }
    if (char === '$') return { kind: 'end' }
    if ('*+?'.includes(char)) throw invalid(`The pattern has a ${char} that repeats nothing.`)
    return take(char === '\\' ? this.#escape() : [range(char, char)])
  }

  #group(depth: number): Pattern {
    if (this.#peek() === '?' && !this.#skip('?:')) {
      throw invalid('Patterns have lookahead at the start alone, and no named groups.')
    }
    const inner = this.either(depth + 1)
    if (!this.#skip(')')) throw invalid('The pattern has a ( that nothing closes.')
    return inner
  }

  #class(): Pattern {
    const isNegated = this.#skip('^')
    const ranges: Range[] = []
    while (!this.#skip(']')) {
      const from = this.#member()
      const single = from.length === 1 && from[0]![0] === from[0]![1] ? from[0]![0] : undefined
      const isRange = single !== undefined && this.#peek() === '-' && this.#peek(1) !== ']'
      if (!isRange) ranges.push(...from)
      else {
        this.#next()
        const to = this.#member()
        if (to.length !== 1 || to[0]![0] < single) throw invalid('The pattern has a wrong range.')
        ranges.push([single, to[0]![1]])
      }
    }
    return take(ranges, isNegated)
  }

  #member(): readonly Range[] {
    const char = this.#next()
    return char === '\\' ? this.#escape() : [range(char, char)]
  }

  #escape(): readonly Range[] {
    const char = this.#next()
    const known = CLASSES[char]
    if (known) return known
    const negated = char === char.toUpperCase() ? CLASSES[char.toLowerCase()] : undefined
    if (negated) return complement(negated)
    const control = CONTROLS[char]
    if (control !== undefined) return [[control, control]]
    if (/[A-Za-z1-9]/.test(char)) throw invalid(`Patterns have no \\${char} here.`)
    return [range(char, char)]
  }

  #peek(ahead = 0): string {
    return this.#source[this.#at + ahead] ?? ''
  }

  #next(): string {
    if (this.isAtEnd) throw invalid('The pattern ends too early.')
    return this.#source[this.#at++]!
  }

  #skip(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
}

function range(from: string, to: string): Range {
  return [from.charCodeAt(0), to.charCodeAt(0)]
}

function complement(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted(([a], [b]) => a - b)
  const gaps: Range[] = []
  let from = 0
  for (const [low, high] of sorted) {
    if (low > from) gaps.push([from, low - 1])
    from = high + 1
  }
  return [...gaps, [from, 0xff_ff]]
}

function take(ranges: readonly Range[], isNegated = false): Pattern {
  return {
    kind: 'take',
    matches: (code) => ranges.some(([from, to]) => code >= from && code <= to) !== isNegated,
  }
}
