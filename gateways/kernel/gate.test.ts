import { expect, test } from 'vitest'

import { createGate } from '#gateways/kernel/gate.ts'

test('a few tasks run at a time, others wait in order, more are refused', async () => {
  const pass = createGate({ running: 2, waiting: 2 })
  const started: number[] = []
  const ends: PromiseWithResolvers<void>[] = []
  const task = (n: number) =>
    pass(async () => {
      started.push(n)
      const end = Promise.withResolvers<void>()
      ends.push(end)
      await end.promise
      if (n === 1) throw new Error('failed')
      return n
    })
  const tasks = Promise.allSettled([1, 2, 3, 4, 5].map(task))
  await Promise.resolve()
  expect(started).toEqual([1, 2])
  while (started.length < 4 || ends.length < 4) {
    for (const end of ends) end.resolve()
    await Promise.resolve()
  }
  for (const end of ends) end.resolve()
  const outcomes = (await tasks).map((each) =>
    each.status === 'fulfilled' ? each.value : (each.reason as { code?: string }).code,
  )
  expect(outcomes).toEqual([undefined, 2, 3, 4, 'busy'])
  expect(await pass(async () => 'free')).toBe('free')
})
