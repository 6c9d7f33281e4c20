import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { defineTable, int8, nullable, type Row, text } from '#projections/kernel/define-table.ts'
import { WriteFold } from '#projections/kernel/write-fold.ts'
import {
  increment,
  put,
  remove,
  update,
  upsert,
  type Write,
  written,
} from '#projections/kernel/writes.ts'

const columns = { place: text, name: text, count: int8, size: int8, note: nullable(text) }
const table = defineTable('things', columns, ['place', 'name'])

const key = fc.record({
  place: fc.constantFrom('a', 'ab', 'b'),
  name: fc.constantFrom('b', '', 'c'),
})
const number = fc.integer({ min: -9, max: 9 })
const rest = fc.record({ count: number, size: number, note: fc.option(fc.constantFrom('x', 'y')) })
const some = fc.oneof(
  fc.record({ count: number }),
  fc.record({ note: fc.option(fc.constantFrom('x', 'y')) }),
  rest,
)

/** Any write to one of a few rows. */
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(key, rest).map(([at, row]) => put(table, { ...at, ...row })),
  fc.tuple(key, some).map(([at, set]) => update(table, at, set)),
  fc.tuple(key, some, rest).map(([at, set, row]) => upsert(table, at, set, row)),
  fc
    .tuple(key, fc.record({ count: number, size: number }), rest)
    .map(([at, add, row]) => increment(table, at, add, row)),
  key.map((at) => remove(table, at)),
)

const idOf = (row: Row): string => JSON.stringify([row['place'], row['name']])

function apply(rows: Map<string, Row>, writes: Iterable<Write>): void {
  for (const each of writes) {
    const row = written(rows.get(idOf(each.key)) ?? null, each)
    if (row) rows.set(idOf(each.key), row)
    else rows.delete(idOf(each.key))
  }
}

const sorted = (rows: Iterable<Row>) => [...rows].toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))

describe('a fold of writes', () => {
  test('has the effect of the writes one by one, whatever rows there were', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 8 }), fc.array(write), (before, writes) => {
        const expected = new Map<string, Row>()
        apply(expected, before)
        const actual = new Map(expected)
        apply(expected, writes)
        const fold = new WriteFold()
        fold.add(writes)
        for (const folded of fold.writes().values()) apply(actual, folded)
        expect(sorted(actual.values())).toEqual(sorted(expected.values()))
      }),
      { numRuns: 1_000 },
    )
  })

  test('touches each row once', () => {
    fc.assert(
      fc.property(fc.array(write), (writes) => {
        const fold = new WriteFold()
        fold.add(writes)
        const ids = [...fold.writes().values()].flatMap((each) => [...each].map((w) => idOf(w.key)))
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  test('shows the rows of a partition as the earlier writes of the batch left them', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 8 }), fc.array(write), (before, writes) => {
        const rows = new Map<string, Row>()
        apply(rows, before)
        const fold = new WriteFold()
        for (const place of ['a', 'ab', 'b']) {
          fold.load(
            table,
            place,
            [...rows.values()].filter((row) => row['place'] === place),
          )
        }
        fold.add(writes)
        apply(rows, writes)
        const seen = ['a', 'ab', 'b'].flatMap((place) => fold.rows(table, place))
        expect(sorted(seen as never)).toEqual(sorted(rows.values()))
      }),
    )
  })

  test('takes names that Postgres would store alike for one row', () => {
    const fold = new WriteFold()
    const row = { place: 'a', count: 1, size: 1, note: null }
    fold.add([put(table, { ...row, name: 'x\0' }), put(table, { ...row, name: 'x\ufffd' })])
    expect([...fold.writes().values()].flatMap((each) => [...each])).toHaveLength(1)
  })

  test('refuses to show a partition that was not asked for', () => {
    expect(() => new WriteFold().rows(table, 'a')).toThrow('was not asked for')
  })
})
