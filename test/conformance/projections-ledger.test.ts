import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { allProjections } from '#projections/all-projections.ts'
import { applyBatch } from '#projections/kernel/apply.ts'
import { readCheckpoints } from '#projections/kernel/checkpoints.ts'
import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { createSchema, dropSchema } from '#projections/kernel/schema.ts'
import type { LedgerTables } from '#projections/ledger-lines/ledger-lines.tables.ts'
import { dump, modelsAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const upload = { kind: 'upload', fact: 'f', race: 'r', file: 'a' } as const
const nuke = { kind: 'nuke', race: 'r' } as const

test('a ledger is told from its last line, by pages and sections, with the balances', async () => {
  const given = new GivenFacts()
    .add('ledger-ann', 'ledger.credited', { section: 's', bytes: 5, cause: upload }, { at: 1 })
    .add('ledger-ann', 'ledger.credited', { section: 't', bytes: 7, cause: upload })
    .add('ledger-ann', 'ledger.ratio-set', { section: 's', ratio: 2.25 })
    .add('ledger-bob', 'ledger.credited', { section: 's', bytes: 9, cause: upload })
    .add('ledger-ann', 'ledger.debited', { section: 's', bytes: 6, cause: nuke }, { by: 'root' })
  const models = await modelsAfter(postgres.db, given, 0)
  const first = await models.ledger({ account: 'ann', limit: 2 })
  expect(first.items.map(({ line }) => line)).toEqual([3, 1])
  const cause = { fact: null, race: 'r', file: null, member: null, note: null }
  expect(first.items[0]).toEqual({
    line: 3,
    position: 5,
    at: 0,
    by: 'root',
    section: 's',
    changeBytes: -6,
    balanceAfterBytes: -1,
    cause: { ...cause, kind: 'nuke' },
    reversedLine: null,
  })
  const second = await models.ledger({ account: 'ann', limit: 2, cursor: first.nextCursor! })
  expect(second).toMatchObject({ items: [{ line: 0, at: 1 }], nextCursor: null, position: 5 })
  const inSection = await models.ledger({ account: 'ann', section: 't', limit: 9 })
  expect(inSection.items.map(({ line }) => line)).toEqual([1])
  expect(await models.balances('ann')).toEqual([
    { section: 's', balanceBytes: -1, ratio: 2.25, allotmentBytes: null },
    { section: 't', balanceBytes: 7, ratio: null, allotmentBytes: null },
  ])
  expect(await models.balances('nobody')).toEqual([])
})

const entry = fc.record({
  account: fc.constantFrom('ann', 'bob'),
  section: fc.constantFrom('s', 't'),
  bytes: fc.nat(9),
  kind: fc.constantFrom('credited', 'debited', 'reversed-credit', 'reversed-debit', 'allotted'),
})

type Entry = typeof entry extends fc.Arbitrary<infer E> ? E : never

function addTo(
  given: GivenFacts,
  { account, section, bytes, kind }: Entry,
  balance: number,
): number {
  const stream = `ledger-${account}`
  if (kind === 'allotted') {
    given.add(stream, 'ledger.allotted', { section, bytes, balanceBefore: balance })
    return bytes
  }
  if (kind === 'credited' || kind === 'debited') {
    given.add(stream, `ledger.${kind}`, { section, bytes, cause: upload })
    return balance + (kind === 'credited' ? bytes : -bytes)
  }
  const wasCredit = kind === 'reversed-credit'
  given.add(stream, 'ledger.reversed', { line: 0, section, bytes, wasCredit, cause: nuke })
  return balance + (wasCredit ? -bytes : bytes)
}

test('a running balance does not depend on how the facts were cut into batches', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 40 }),
      sizes,
      async (list, cuts) => {
        const { db } = postgres
        const given = new GivenFacts()
        const balances: Record<string, number> = {}
        for (const each of list) {
          const key = `${each.account} ${each.section}`
          balances[key] = addTo(given, each, balances[key] ?? 0)
        }
        const { facts } = given
        for (const [schema, lengths] of [
          ['whole', [facts.length]],
          ['cut', cuts],
        ] as const) {
          await dropSchema(db, schema)
          await createSchema(db, schema, allProjections)
          let checkpoints = (await readCheckpoints(db, schema, allProjections))!
          for (let from = 0, turn = 0; from < facts.length; turn++) {
            const batch = facts.slice(from, from + lengths[turn % lengths.length]!)
            from += batch.length
            const through = { facts: batch, through: from }
            checkpoints = await applyBatch(db, schema, allProjections, checkpoints, through)
          }
        }
        const whole = await dump(db, 'whole')
        expect(await dump(db, 'cut')).toEqual(whole)
        const rows = whole['ledger_balances'] as LedgerTables['ledger_balances'][]
        const seen = rows.map((row) => [`${row.account} ${row.section}`, row.balance])
        expect(Object.fromEntries(seen)).toEqual(balances)
      },
    ),
    { numRuns: 10 },
  )
})
