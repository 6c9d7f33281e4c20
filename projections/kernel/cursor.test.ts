import { describe, expect, test } from 'vitest'

import { Refusal } from '#events/refusal.ts'

import { decodeCursor, encodeCursor, pageOf } from '#projections/kernel/cursor.ts'

describe('a cursor', () => {
  test.each([0, 1, 4_711, Number.MAX_SAFE_INTEGER])('comes back as it went out: %d', (key) => {
    expect(decodeCursor('races', encodeCursor('races', key))).toBe(key)
  })

  test.each([
    ['nothing', ''],
    ['no base64url', '%%%'],
    ['another list', encodeCursor('audit', 7)],
    ['no number', Buffer.from('races:seven').toString('base64url')],
    ['a number written otherwise', Buffer.from('races:07').toString('base64url')],
    ['a fraction', Buffer.from('races:1.5').toString('base64url')],
    ['an endless text', 'A'.repeat(100_000)],
  ])('is refused when it is %s', (_, cursor) => {
    expect(() => decodeCursor('races', cursor)).toThrow(Refusal)
    expect(() => decodeCursor('races', cursor)).toThrow(
      expect.objectContaining({ code: 'invalid-cursor' }),
    )
  })

  test('is given only when there is more', () => {
    const numbers = [9, 8, 7]
    const whole = pageOf('races', numbers, 3, (n) => n)
    expect(whole).toEqual({ items: [9, 8, 7], nextCursor: null })
    const part = pageOf('races', numbers, 2, (n) => n)
    expect(part).toEqual({ items: [9, 8], nextCursor: encodeCursor('races', 8) })
  })
})
