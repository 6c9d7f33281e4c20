import { expect, test } from 'vitest'

import { RecentMap } from '#gateways/kernel/recent-map.ts'

test('holds so many and no more, and always those used last', () => {
  const map = new RecentMap<number, string>(10)
  for (let key = 0; key < 100; key++) {
    map.set(key, `${key}`)
    expect(map.get(7)).toBe(key < 7 ? undefined : '7')
    expect(map.size).toBeLessThanOrEqual(10)
    const recent = [key, key - 1, key - 2].filter((each) => each >= 0)
    expect(recent.map((each) => map.get(each))).toEqual(recent.map(String))
  }
  expect(map.get(50)).toBeUndefined()
})

test('holds one value of a key, the last one', () => {
  const map = new RecentMap<string, number>(4)
  for (const [value, key] of ['a', 'b', 'c', 'a', 'a'].entries()) map.set(key, value)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([4, 1, 2, 3])
})
