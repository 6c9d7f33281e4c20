import { expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { Inbox } from '#infra/eventstoredb/inbox.ts'

const fact = (position: number) => ({ position }) as Fact

it('is full with one batch, or with too many bytes, until it is taken', () => {
  const inbox = new Inbox(0, 2)
  inbox.put(fact(3), 10)
  expect(inbox.isFull).toBe(false)
  inbox.put(fact(5), 10)
  expect(inbox.isFull).toBe(true)
  expect(inbox.take()).toEqual({ facts: [fact(3), fact(5)], through: 5 })
  expect([inbox.isFull, inbox.isEmpty]).toEqual([false, true])
  inbox.put(fact(7), 9 * 1024 * 1024)
  expect(inbox.isFull).toBe(true)
})

it('knows how far has been looked, also where nothing was wanted', async () => {
  const inbox = new Inbox(4, 2)
  const changed = inbox.changed()
  inbox.lookedAt(9)
  await changed
  inbox.lookedAt(8)
  expect(inbox.take()).toEqual({ facts: [], through: 9 })
  inbox.caughtUp()
  inbox.lookedAt(12)
  expect([inbox.caughtUpAt, inbox.through]).toEqual([9, 12])
})

it('keeps the first reason of its end', () => {
  const inbox = new Inbox(0, 1)
  inbox.end('first')
  inbox.unreadable('second')
  inbox.end()
  expect([inbox.fault, inbox.isUnreadable]).toEqual(['first', false])
})
