import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { catalogue } from '#events/catalogue.ts'
import { fact, FactFromTheFuture, upcast } from '#events/define-facts.ts'
import type { Fact } from '#events/fact.ts'
import { decodeFact, encodeFact } from '#infra/lmdb/record.ts'
import { z } from 'zod'

const folder = new URL('golden/', import.meta.url)
const golden = (type: string, schema: number): unknown =>
  JSON.parse(readFileSync(new URL(`${type}.${schema}.json`, folder), 'utf8'))

function recorded(type: string, schema: number, data: unknown): Fact {
  const id = '01931a3e-7c00-7abc-8def-0123456789ab'
  return {
    id,
    type,
    data,
    stream: `${type.slice(0, type.indexOf('.'))}-x`,
    version: 3,
    position: 7,
    meta: {
      at: 1_732_000_000_000,
      by: 'alice',
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema,
    },
  }
}

const versions = Object.entries(catalogue).flatMap(([type, { schema }]) =>
  Array.from({ length: schema }, (_, index) => [type, index + 1] as const),
)

describe('golden facts: what was ever recorded can be read', () => {
  it.each(versions)('%s, schema %i', (type, schema) => {
    const { data } = upcast(catalogue, recorded(type, schema, golden(type, schema)))
    const definition = catalogue[type as keyof typeof catalogue]
    expect(definition.data.parse(data)).toEqual(data)
  })

  it('there is a file for each version of each type, and no other', () => {
    const expected = versions.map(([type, schema]) => `${type}.${schema}.json`)
    const files = readdirSync(folder).filter((name) => name !== 'schemas.json')
    expect(files.toSorted()).toEqual(expected.toSorted())
  })

  it.each(versions)('%s, schema %i, comes back from the file as it was', (type, schema) => {
    const written = recorded(type, schema, golden(type, schema))
    expect(decodeFact(7, encodeFact(written))).toEqual(written)
  })
})

describe('upcasting', () => {
  const definitions = {
    'x.y': fact(3, z.object({ sizeBytes: z.number(), by: z.string() }), {
      1: (data) => ({ sizeBytes: (data as { kib: number }).kib * 1024 }),
      2: (data) => ({ ...(data as object), by: 'unknown' }),
    }),
  }

  it('lifts step by step and says the new schema', () => {
    const lifted = upcast(definitions, recorded('x.y', 1, { kib: 2 }))
    expect(lifted).toMatchObject({ data: { sizeBytes: 2048, by: 'unknown' }, meta: { schema: 3 } })
  })

  it('refuses a fact of a newer version, and leaves unknown types alone', () => {
    expect(() => upcast(definitions, recorded('x.y', 4, {}))).toThrow(FactFromTheFuture)
    const unknown = recorded('other.thing', 9, { a: 1 })
    expect(upcast(definitions, unknown)).toBe(unknown)
  })

  it('cannot be declared with a step missing', () => {
    expect(() => fact(3, z.object({}), { 1: (data) => data })).toThrow(/no upcaster from schema 2/)
  })
})
