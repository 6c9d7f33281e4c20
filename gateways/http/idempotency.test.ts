import { expect, test } from 'vitest'

import { json } from '#gateways/http/codec.ts'
import { createReplays } from '#gateways/http/idempotency.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const limits = { keptMs: 1_000, requests: 3, bytes: 1_000 }

function setUp() {
  const clock = createManualClock()
  const replays = createReplays(clock, limits)
  let ran = 0
  const run = (id: string, text = '') =>
    replays.run(id, 'same', async () => {
      ran++
      return json({ text })
    })
  return { clock, replays, run, ran: () => ran }
}

test('an answer is kept for its time', async () => {
  const { clock, run, ran } = setUp()
  await run('a')
  await run('a')
  expect(ran()).toBe(1)
  clock.advance(1_000)
  await run('a')
  expect(ran()).toBe(2)
})

test('the oldest make room, by number and by size', async () => {
  const { run, ran } = setUp()
  for (const id of ['a', 'b', 'c', 'd']) await run(id)
  await run('d')
  expect(ran()).toBe(4)
  await run('a')
  expect(ran()).toBe(5)
  await run('large', 'x'.repeat(2_000))
  await run('a')
  expect(ran()).toBe(7)
})

test('what failed is not kept', async () => {
  const { replays, run, ran } = setUp()
  const failing = replays.run('a', 'same', () => Promise.reject(new Error('disk')))
  await expect(failing).rejects.toThrow('disk')
  await replays.run('b', 'same', async () => json({}, 503))
  await run('a')
  await run('b')
  expect(ran()).toBe(2)
})
