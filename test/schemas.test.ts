import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { catalogue } from '#events/catalogue.ts'
import { fact } from '#events/define-facts.ts'
import { driftOf, fingerprintOf, recordedFingerprints, withNew } from '#test/schemas.ts'

describe('the shapes of facts', () => {
  it('are those on record: a changed one needs a new version', () => {
    expect(driftOf(catalogue, recordedFingerprints()).join('\n')).toBe('')
  })
})

describe('the record of shapes', () => {
  const before = { 'x.y': fact(1, z.object({ size: z.number().int(), name: z.string() })) }
  const recorded = withNew(before, {})

  it('takes the same shape in other words as the same', () => {
    const same = z.object({ name: z.string().describe('of it'), size: z.number().int() })
    expect(driftOf({ 'x.y': fact(1, same) }, recorded)).toEqual([])
  })

  it.each([
    ['a field more', z.object({ size: z.number().int(), name: z.string(), by: z.string() })],
    [
      'a field that may be left out',
      z.object({ size: z.number().int().optional(), name: z.string() }),
    ],
    ['another kind of number', z.object({ size: z.number(), name: z.string() })],
    ['a narrower text', z.object({ size: z.number().int(), name: z.string().max(5) })],
  ])('finds %s without a new version, and says how to make one', (_, shape) => {
    const [words] = driftOf({ 'x.y': fact(1, shape) }, recorded)
    expect(words).toMatch(/still schema 1[\s\S]*fact\(2, …, \{ 1: [\s\S]*x\.y\.2\.json/)
  })

  it('wants a new version put on record, and keeps the old one', () => {
    const shape = z.object({ sizeBytes: z.number().int(), name: z.string() })
    const lifted = { 'x.y': fact(2, shape, { 1: (data) => data }) }
    expect(driftOf(lifted, recorded)).toEqual([expect.stringMatching(/schema 2 is new/)])
    const next = withNew(lifted, recorded)
    expect(next['x.y']).toEqual({ 1: recorded['x.y']![1], 2: fingerprintOf(shape) })
    expect(driftOf(lifted, next)).toEqual([])
  })

  it('finds a type that has gone and a version that went back', () => {
    expect(driftOf({}, recorded)).toEqual([expect.stringMatching(/must stay readable/)])
    expect(driftOf(before, { 'x.y': { ...recorded['x.y'], 2: 'ffff' } })).toEqual([
      expect.stringMatching(/schema 2 is on record, the code has 1/),
    ])
  })

  it('never changes what is on record', () => {
    const other = { 'x.y': fact(1, z.object({})) }
    expect(withNew(other, recorded)).toEqual(recorded)
  })
})
