import { expect, test } from 'vitest'

import { createTurns } from '#infra/hooks/turns.ts'

test('no more run at a time than may, in the order in which they came', async () => {
  const turns = createTurns(2)
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const begun: number[] = []
  let running = 0
  let most = 0
  const all = gates.map((gate, index) =>
    turns.run(async () => {
      begun.push(index)
      most = Math.max(most, ++running)
      await gate.promise
      running--
      if (index === 1) throw new Error('one that fails')
    }),
  )
  const settled = Promise.allSettled(all)
  expect(begun).toEqual([0, 1])
  gates[1]!.resolve()
  await expect(all[1]).rejects.toThrow('one that fails')
  expect(begun).toEqual([0, 1, 2])
  for (const { resolve } of gates) resolve()
  await settled
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  await turns.run(async () => begun.push(5))
  expect(begun.at(-1)).toBe(5)
})
