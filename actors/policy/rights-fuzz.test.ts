import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { formatRights, linesOf, parseRights, RIGHTS_REFUSALS } from '#actors/policy/rights.ts'
import { Refusal } from '#events/refusal.ts'

const SEED = 20_261_121
const CODES = new Set<string>(Object.values(RIGHTS_REFUSALS))

const word = fc.constantFrom(
  'upload',
  'download',
  'privpath',
  'give',
  'nonsense',
  '/*',
  '/incoming/*.nfo',
  '/[a-',
  '/{a,b',
  '**',
  '-',
  '*',
  '!*',
  '=GRP',
  '!=GRP',
  '-ann',
  '!-ann',
  '1',
  '!7',
  '@moderator',
  '=',
  '!',
  '#',
  '#x',
  '\u0000',
  'é',
)
const blank = fc.constantFrom(' ', '\t', '  ')
const line = fc.array(fc.tuple(word, blank), { maxLength: 8 }).map((pairs) => pairs.flat().join(''))
const text = fc
  .tuple(
    fc.array(fc.oneof(line, fc.string({ unit: 'binary' })), { maxLength: 6 }),
    fc.constantFrom('\n', '\r\n', '\r'),
  )
  .map(([lines, end]) => lines.join(end))

/** The rights, or the refusal. Anything else that is thrown fails the test. */
function read(given: string) {
  try {
    return parseRights(linesOf(given))
  } catch (cause) {
    if (cause instanceof Refusal) return cause
    throw cause
  }
}

describe('a text of rights', () => {
  it('is read or refused with a code that is known and the line that is wrong', () => {
    fc.assert(
      fc.property(text, (given) => {
        const outcome = read(given)
        if (!(outcome instanceof Refusal)) return
        expect(CODES.has(outcome.code)).toBe(true)
        const at = outcome.fields['line'] as number
        expect(at >= 1 && at <= linesOf(given).length).toBe(true)
      }),
      { seed: SEED, numRuns: 1_000 },
    )
  })

  it('that is read gives the same rights when it is written and read again', () => {
    let taken = 0
    fc.assert(
      fc.property(line, (given) => {
        const rights = read(given)
        if (rights instanceof Refusal) return
        taken += rights.length
        expect(parseRights(formatRights(rights))).toEqual(rights)
      }),
      { seed: SEED, numRuns: 3_000 },
    )
    expect(taken).toBeGreaterThan(10)
  })
})
