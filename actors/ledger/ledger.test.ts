import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { nextAllotmentAfter } from '#actors/ledger/allotment-day.ts'
import { explainBalance } from '#actors/ledger/explain-balance.fixture.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import {
  balanceOf,
  LEDGER_LIMITS,
  type LedgerCommand,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'

const cause = { kind: 'adjustment' } as const
const DAY_MS = 86_400_000

function createLedger(start?: number) {
  const story = createStory(ledgerActor, start)
  return {
    story,
    credit: (bytes: number, section = 'x') =>
      story.types({ type: 'ledger.credit', section, bytes, cause }),
    debit: (bytes: number, over: { mayOwe?: boolean; kind?: 'download' | 'nuke' } = {}) =>
      story.types({
        type: 'ledger.debit',
        section: 'x',
        bytes,
        cause: { kind: over.kind ?? 'download' },
        mayOwe: over.mayOwe ?? false,
      }),
    reverse: (line: number, bytes?: number) =>
      story.types({ type: 'ledger.reverse', line, cause, ...(bytes !== undefined && { bytes }) }),
    ratio: (section: string, ratio: number) =>
      story.types({ type: 'ledger.set-ratio', section, ratio }),
    allotment: (section: string, bytes: number | null) =>
      story.types({ type: 'ledger.set-allotment', section, bytes }),
  }
}

describe('credits', () => {
  it('come and go, and a download may not cost more than there is', () => {
    const { story, credit, debit } = createLedger()
    expect(credit(100)).toEqual(['credited'])
    expect([credit(0), debit(0)]).toEqual([[], []])
    expect(debit(30)).toEqual(['debited'])
    const dear = { type: 'ledger.debit', section: 'x', bytes: 71, cause, mayOwe: false } as const
    expect(story.refusal(dear)).toMatchObject({
      code: 'insufficient-credits',
      fields: { section: 'x', needBytes: 71, haveBytes: 70 },
    })
    expect(debit(100, { mayOwe: true, kind: 'nuke' })).toEqual(['debited'])
    expect(story.context.balances).toEqual({ x: -30 })
  })

  it('cost a leech nothing for a download, but for what a nuke takes', () => {
    const { credit, debit, ratio, story } = createLedger()
    credit(5)
    expect([ratio('default', 0), ratio('default', 0)]).toEqual([['ratio-set'], []])
    expect(debit(100)).toEqual([])
    expect(debit(100, { kind: 'nuke', mayOwe: true })).toEqual(['debited'])
    expect(ratioIn(story.context, 'constructor')).toBe(0)
    expect([ratio('x', 2), ratioIn(story.context, 'x')]).toEqual([['ratio-set'], 2])
    expect(debit(1)).toBe('insufficient-credits')
  })

  it('are kept in the default section where one has none of its own', () => {
    const { story, credit, ratio } = createLedger()
    expect(balanceOf(story.context, 'constructor')).toEqual({ section: 'default', bytes: 0 })
    credit(9, 'default')
    expect(balanceOf(story.context, 'x')).toEqual({ section: 'default', bytes: 9 })
    ratio('x', 1)
    expect(balanceOf(story.context, 'x')).toEqual({ section: 'x', bytes: 0 })
    expect(() => credit(1, '__proto__')).toThrow('not a name')
  })

  it('have so many sections and so much in them at most', () => {
    const { story, credit } = createLedger()
    for (let n = 0; n < LEDGER_LIMITS.sections; n++) credit(1, `s${n}`)
    expect(credit(1, 'more')).toBe('too-many-sections')
    expect([credit(1, 'default'), credit(1, 's7')]).toEqual([['credited'], ['credited']])
    for (let n = 0; n < 3; n++) expect(credit(2 ** 50, 'default')).toEqual(['credited'])
    expect(credit(2 ** 50, 'default')).toBe('balance-too-large')
    expect(story.context.balances['default']).toBe(1 + 3 * 2 ** 50)
  })
})

describe('reversal of a line', () => {
  it('undoes it wholly or in parts, and never more', () => {
    const { story, credit, debit, reverse, ratio } = createLedger()
    credit(100)
    debit(40)
    ratio('x', 1)
    expect(reverse(0, 101)).toBe('already-reversed')
    expect([reverse(0, 0), reverse(0, 60), reverse(0)]).toEqual([[], ['reversed'], ['reversed']])
    expect([reverse(0), reverse(0, 1)]).toEqual(['already-reversed', 'already-reversed'])
    expect(story.context.balances).toEqual({ x: -40 })
    expect(reverse(1)).toEqual(['reversed'])
    expect(story.context.balances).toEqual({ x: 0 })
    expect([reverse(2), reverse(3), reverse(77)]).toEqual(Array(3).fill('no-such-line'))
  })

  it('is possible for the last lines alone', () => {
    const { story, credit, reverse } = createLedger()
    for (let n = 0; n < LEDGER_LIMITS.linesKept; n++) credit(1)
    expect(reverse(0)).toEqual(['reversed'])
    expect([reverse(0), reverse(1)]).toEqual(['no-such-line', ['reversed']])
    expect(Object.keys(story.context.lines).length).toBeLessThanOrEqual(LEDGER_LIMITS.linesKept)
  })

  it('numbers lines by their versions, whatever else is in the stream', () => {
    const { story, credit, reverse } = createLedger()
    credit(1)
    story.given({ type: 'ledger.ratio-set', data: { section: 'x', ratio: 1 } })
    story.facts.push({ ...story.facts[0]!, type: 'stranger.wrote', version: 2, data: {} })
    story.replayed()
    credit(5)
    expect(story.facts.at(-1)!.version).toBe(3)
    expect(reverse(3)).toEqual(['reversed'])
    expect(story.context.balances).toEqual({ x: 1 })
  })
})

describe('weekly allotment', () => {
  it.each([
    ['2026-01-01T12:00:00Z', '2026-01-03T00:00:00Z'],
    ['2026-01-02T23:59:59.999Z', '2026-01-03T00:00:00Z'],
    ['2026-01-03T00:00:00Z', '2026-01-10T00:00:00Z'],
    ['2026-01-04T00:00:00Z', '2026-01-10T00:00:00Z'],
    ['1970-01-01T00:00:00Z', '1970-01-03T00:00:00Z'],
  ])('after %s comes at %s', (after, next) => {
    expect(nextAllotmentAfter(Date.parse(after))).toBe(Date.parse(next))
  })

  it('takes the place of the balance, once a week however long nobody looked', () => {
    const { story, credit, allotment } = createLedger(Date.parse('2026-01-01T12:00:00Z'))
    const saturday = Date.parse('2026-01-03T00:00:00Z')
    const allot: LedgerCommand = { type: 'ledger.allot' }
    expect(story.deadline()).toBeUndefined()
    expect(story.types(allot)).toEqual([])
    expect([allotment('x', 50), allotment('x', 50)]).toEqual([['allotment-set'], []])
    credit(80)
    expect(story.deadline()).toEqual({ at: saturday, command: allot })
    expect(story.types(allot)).toEqual([])
    story.env.now = saturday + 15 * DAY_MS
    // A change while one is due does not put it off.
    allotment('y', 7)
    expect(story.tell(allot)).toEqual([
      { type: 'ledger.allotted', data: { section: 'x', bytes: 50, balanceBefore: 80 } },
      { type: 'ledger.allotted', data: { section: 'y', bytes: 7, balanceBefore: 0 } },
    ])
    expect(story.context.balances).toEqual({ x: 50, y: 7 })
    expect(story.deadline()).toMatchObject({ at: saturday + 21 * DAY_MS })
    expect(story.types(allot)).toEqual([])
    expect([allotment('x', null), allotment('y', null)]).toEqual([
      ['allotment-set'],
      ['allotment-set'],
    ])
    expect(story.deadline()).toBeUndefined()
  })
})

describe('explained line by line', () => {
  it('each balance is the sum of its lines, after whatever commands', () => {
    const section = fc.constantFrom('default', 'x', 'constructor')
    const bytes = fc.nat(1_000)
    const kind = fc.constantFrom('upload', 'download', 'nuke', 'gift')
    const commands: fc.Arbitrary<LedgerCommand> = fc.oneof(
      fc.record({ section, bytes, kind }).map(({ kind: why, ...rest }) => ({
        type: 'ledger.credit' as const,
        ...rest,
        cause: { kind: why },
      })),
      fc.record({ section, bytes, kind, mayOwe: fc.boolean() }).map(({ kind: why, ...rest }) => ({
        type: 'ledger.debit' as const,
        ...rest,
        cause: { kind: why },
      })),
      fc.record({ line: fc.nat(30), bytes: fc.option(bytes, { nil: undefined }) }).map((rest) => ({
        type: 'ledger.reverse' as const,
        ...rest,
        cause: { kind: 'deletion' as const },
      })),
      fc
        .record({ section, ratio: fc.nat(3) })
        .map((rest) => ({ type: 'ledger.set-ratio' as const, ...rest })),
      fc
        .record({ section, bytes: fc.option(bytes) })
        .map((rest) => ({ type: 'ledger.set-allotment' as const, ...rest })),
      fc.constant({ type: 'ledger.allot' as const }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(commands, fc.nat(2 * DAY_MS)), { maxLength: 60 }), (steps) => {
        const { story } = createLedger()
        for (const [command, pause] of steps) {
          story.env.now += pause
          story.tell(command)
        }
        const { lines, balances } = explainBalance(story.facts)
        expect(balances).toEqual(story.context.balances)
        const sums: Record<string, number> = {}
        for (const { section: name, change, balance } of lines) {
          sums[name] = (Object.hasOwn(sums, name) ? sums[name]! : 0) + change
          expect(balance).toBe(sums[name])
        }
        expect(sums).toEqual(balances)
        const undone = (line: number) =>
          lines
            .filter(({ reverses }) => reverses === line)
            .reduce((sum, { change }) => sum + change, 0)
        for (const { line, change } of lines) {
          expect(Math.abs(undone(line))).toBeLessThanOrEqual(Math.abs(change))
        }
        const live = structuredClone(story.context)
        expect(story.replayed().context).toEqual(live)
      }),
      { numRuns: 300 },
    )
  })

  it('says of each line who, when, why and how much', () => {
    const { story, credit, reverse, allotment } = createLedger(Date.parse('2026-01-02T00:00:00Z'))
    story.env.by = 'admin'
    credit(10)
    reverse(0, 4)
    allotment('x', 100)
    story.env.now += DAY_MS
    story.tell({ type: 'ledger.allot' })
    const start = story.env.now - DAY_MS
    const about = { by: 'admin', section: 'x' }
    expect(explainBalance(story.facts).lines).toEqual([
      { ...about, line: 0, at: start, change: 10, balance: 10, cause },
      { ...about, line: 1, at: start, change: -4, balance: 6, cause, reverses: 0 },
      {
        ...about,
        line: 3,
        at: start + DAY_MS,
        change: 94,
        balance: 100,
        cause: { kind: 'allotment' },
      },
    ])
  })
})
