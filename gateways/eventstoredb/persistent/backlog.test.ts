import { expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { Backlog } from '#gateways/eventstoredb/persistent/backlog.ts'
import type { Message } from '#gateways/eventstoredb/persistent/consumer.ts'

const message = (position: number): Message => ({
  id: `id-${position}`,
  found: {},
  record: {} as Fact,
  position,
  version: position,
  retries: 0,
})

it('gives out what comes back first, in log order however it came back', () => {
  const backlog = new Backlog(10)
  backlog.push(message(7))
  for (const position of [5, 2, 9, 2, 3]) backlog.putBack(message(position))
  expect(backlog.counts).toEqual({ fresh: 1, again: 5 })
  const given: number[] = []
  backlog.drain(({ position }) => given.push(position) > 0, false)
  expect(given).toEqual([2, 2, 3, 5, 9, 7])
})
