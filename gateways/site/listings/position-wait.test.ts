import { expect, test } from 'vitest'

import { createPositionWait } from '#gateways/site/listings/position-wait.ts'

function setup() {
  const timers = new Set<() => void>()
  const news = createPositionWait({
    now: () => 0,
    after: (_, run) => {
      timers.add(run)
      return () => timers.delete(run)
    },
  })
  const log: string[] = []
  const wait = (name: string, position: number) =>
    news.reached(position, 1).then(() => log.push(name))
  return { news, timers, log, wait }
}

test('who waits goes on with the fact, or when it has taken too long', async () => {
  const { news, timers, log, wait } = setup()
  news.begin()
  const waits = [wait('five', 5), wait('nine', 9)]
  news.heard(4)
  expect(news.position).toBe(4)
  news.heard(6)
  await waits[0]
  expect(log).toEqual(['five'])
  expect(timers.size).toBe(1)
  for (const run of timers) run()
  await waits[1]
  expect(log).toEqual(['five', 'nine'])
  expect(timers.size).toBe(0)
})

test('nobody waits for what has been heard of, or while nothing is heard', async () => {
  const { news, timers, log, wait } = setup()
  await wait('not yet', 9)
  news.begin()
  news.heard(9)
  // A bus may deliver again what it has delivered.
  news.heard(3)
  await wait('known', 9)
  expect(log).toEqual(['not yet', 'known'])
  expect(timers.size).toBe(0)
})
