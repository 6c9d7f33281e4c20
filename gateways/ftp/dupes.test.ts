import { expect, test } from 'vitest'

import { type DupeMode, dupeLines } from '#gateways/ftp/dupes.ts'

const LONG = 'n'.repeat(80)
const NAMES = ['a.rar', `${'b'.repeat(60)}.r00`, 'c.r01', LONG]

test.each<[DupeMode, string[]]>([
  [0, []],
  [1, ['a.rar', `${'b'.repeat(60)}.r00`, 'c.r01', 'n'.repeat(66)]],
  [2, ['a.rar', `${'b'.repeat(60)}.r00`, 'c.r01', 'n'.repeat(66)]],
  [3, NAMES],
  [4, [NAMES.join(' ')]],
])('mode %i', (mode, lines) => {
  expect(dupeLines(mode, NAMES)).toEqual(lines.map((line) => `X-DUPE: ${line}`))
})

test('mode 1 shares lines of 66 characters, mode 4 has one of 1,010', () => {
  const names = Array.from({ length: 300 }, (_, n) => `file.r${String(n).padStart(2, '0')}`)
  const shared = dupeLines(1, names).map((line) => line.slice('X-DUPE: '.length))
  expect(shared.flatMap((line) => line.split(' '))).toEqual(names)
  expect(Math.max(...shared.map((line) => line.length))).toBeLessThanOrEqual(66)
  expect(shared.length).toBeLessThan(60)
  const [only, ...others] = dupeLines(4, names)
  expect(others).toEqual([])
  expect(only!.length).toBeLessThanOrEqual('X-DUPE: '.length + 1_010)
})

test('no names, no lines', () => {
  for (const mode of [0, 1, 2, 3, 4] as const) expect(dupeLines(mode, [])).toEqual([])
})
