import { describe, expect, it } from 'vitest'

import { decodeNameCursor, encodeNameCursor, namePage } from '#projections/name-cursor.ts'

const rows = (...ids: string[]) => ids.map((id) => ({ id }))

describe('a page by names', () => {
  it('has a cursor while there are more', () => {
    const first = namePage('accounts', { limit: 2 })
    expect(first).toMatchObject({ after: undefined, rows: 3 })
    const { items, nextCursor } = first.of(rows('a', 'b', 'c'))
    expect(items).toEqual(rows('a', 'b'))
    const next = namePage('accounts', { limit: 2, cursor: nextCursor! })
    expect(next.after).toBe('b')
    expect(next.of(rows('c'))).toEqual({ items: rows('c'), nextCursor: null })
    expect(next.of([])).toEqual({ items: [], nextCursor: null })
  })
})

describe('a cursor by name', () => {
  it.each(['ann', '', 'a:b', 'é'])('gives %j back', (name) => {
    expect(decodeNameCursor('accounts', encodeNameCursor('accounts', name))).toBe(name)
  })

  it.each([
    ['none at all', 'x'],
    ['that of another list', encodeNameCursor('groups', 'ann')],
    ['one with a NUL', encodeNameCursor('accounts', 'a\0')],
    ['an endless one', encodeNameCursor('accounts', 'a'.repeat(1_000))],
  ])('refuses %s', (_, cursor) => {
    const refused = expect.objectContaining({ code: 'invalid-cursor' })
    expect(() => decodeNameCursor('accounts', cursor)).toThrow(refused)
  })
})
