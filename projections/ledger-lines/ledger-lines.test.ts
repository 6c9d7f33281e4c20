import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { ledgerLinesProjection } from '#projections/ledger-lines/ledger-lines.projection.ts'
import { ledgerBalances, ledgerLines } from '#projections/ledger-lines/ledger-lines.tables.ts'

const upload = { kind: 'upload', fact: 'f', race: 'r', file: 'a' } as const
const gift = { kind: 'gift', member: 'bob', note: 'thanks' } as const
const nuke = { kind: 'nuke', race: 'r' } as const

/** A ledger whose every kind of line is there. */
function aLedger(): GivenFacts {
  const ann = 'ledger-ann'
  return new GivenFacts()
    .add(ann, 'ledger.credited', { section: 's', bytes: 300, cause: upload }, { at: 1, by: 'ann' })
    .add(ann, 'ledger.credited', { section: 't', bytes: 7, cause: gift }, { by: 'bob' })
    .add(ann, 'ledger.ratio-set', { section: 's', ratio: 1.5 })
    .add(ann, 'ledger.debited', { section: 's', bytes: 500, cause: nuke })
    .add(ann, 'ledger.reversed', {
      line: 0,
      section: 's',
      bytes: 100,
      wasCredit: true,
      cause: { kind: 'deletion' },
    })
    .add(ann, 'ledger.reversed', {
      line: 3,
      section: 's',
      bytes: 500,
      wasCredit: false,
      cause: { kind: 'unnuke' },
    })
    .add(ann, 'ledger.allotment-set', { section: 's', bytes: 1_000 })
    .add(ann, 'ledger.allotted', { section: 's', bytes: 1_000, balanceBefore: 200 })
    .add(ann, 'ledger.debited', { section: 's', bytes: 0, cause: { kind: 'taken' } })
}

describe('a ledger', () => {
  test('says line by line what changed and what was left', () => {
    const rows = rowsAfter(ledgerLinesProjection, aLedger().facts).of(ledgerLines)
    const seen = rows.map((row) => [row.line, row.section, row.change, row.balance_after])
    expect(seen).toEqual([
      [0, 's', 300, 300],
      [1, 't', 7, 7],
      [3, 's', -500, -200],
      [4, 's', -100, -300],
      [5, 's', 500, 200],
      [7, 's', 800, 1_000],
      [8, 's', 0, 1_000],
    ])
    expect(rows.map((row) => row.reversed_line)).toEqual([null, null, null, 0, 3, null, null])
  })

  test('names the cause of each line', () => {
    const rows = rowsAfter(ledgerLinesProjection, aLedger().facts).of(ledgerLines)
    expect(rows[0]).toMatchObject({ cause: 'upload', cause_fact: 'f', cause_race: 'r', at: 1 })
    expect(rows[1]).toMatchObject({ cause_member: 'bob', cause_note: 'thanks', by: 'bob' })
    expect(rows.at(-2)).toMatchObject({ cause: 'allotment', cause_fact: null })
  })

  test('has a balance and terms for each section', () => {
    const rows = rowsAfter(ledgerLinesProjection, aLedger().facts).of(ledgerBalances)
    expect(rows).toEqual([
      { account: 'ann', section: 's', balance: 1_000, ratio: '1.5', allotment: 1_000 },
      { account: 'ann', section: 't', balance: 7, ratio: null, allotment: null },
    ])
  })

  test('keeps accounts apart', () => {
    const given = aLedger().add('ledger-bob', 'ledger.credited', {
      section: 's',
      bytes: 1,
      cause: upload,
    })
    const rows = rowsAfter(ledgerLinesProjection, given.facts).of(ledgerLines)
    expect(rows.at(-1)).toMatchObject({ account: 'bob', line: 0, balance_after: 1 })
  })
})
