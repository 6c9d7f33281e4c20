import { expect, it } from 'vitest'

import { simulate } from '#test/simulation/simulate.ts'

const trace = async (seed: number) => {
  const lines: string[] = []
  const { fingerprint, history } = await simulate({ seed, trace: (line) => void lines.push(line) })
  return { fingerprint, lines, log: history.log }
}

it.each([1, 2, 3, 10, 16, 27, 218])('seed %i runs the same way each time', async (seed) => {
  const first = await trace(seed)
  expect(first.log.length).toBeGreaterThan(20)
  const second = await trace(seed)
  expect(second.lines).toEqual(first.lines)
  expect(second.fingerprint).toBe(first.fingerprint)
  expect(second.log).toEqual(first.log)
})

it('takes another way for each seed', async () => {
  const ways = new Set<string>()
  for (let seed = 1; seed <= 20; seed++) ways.add((await simulate({ seed })).fingerprint)
  expect(ways.size).toBe(20)
})
