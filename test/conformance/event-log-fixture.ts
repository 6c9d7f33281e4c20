import { afterEach, beforeEach } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import type { Fact, NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

/** How a suite gets a log: `reopen` closes it and opens the same again, where it can be. */
export interface EventLogSubject {
  readonly log: EventLog
  readonly reopen?: () => Promise<EventLogSubject>
  readonly dispose: () => Promise<void>
}

export type CreateSubject = () => Promise<EventLogSubject>

const ids = createUuidV7(systemClock)

export function fact(n: number, id = ids.next()): NewFact {
  return {
    id,
    type: 'room.announced',
    data: { text: `fact ${n} ünïcode ✓`, about: 'x' },
    meta: {
      at: 1_700_000_000_000 + n,
      by: n % 2 ? 'alice' : null,
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}

export const facts = (count: number) => Array.from({ length: count }, (_, n) => fact(n))
export const all = <T>(iterable: AsyncIterable<T>) => Array.fromAsync(iterable)
export const versions = (read: readonly Fact[]) => read.map((each) => each.version)
export const texts = (read: readonly NewFact[]) =>
  read.map((each) => (each.data as { text: string }).text)

/** A fresh log for each test of the block that calls this; `current` is the one of now. */
export function perTest(create: CreateSubject) {
  const held: { subject?: EventLogSubject } = {}
  beforeEach(async () => {
    held.subject = await create()
  })
  afterEach(() => held.subject?.dispose())
  return {
    get log(): EventLog {
      return held.subject!.log
    },
    /** Closes the log and opens it again, where it can be. */
    async reopen() {
      if (held.subject!.reopen) held.subject = await held.subject!.reopen()
    },
  }
}

/** Gathers what a subscription delivers. */
export function follow(log: EventLog, options: Parameters<EventLog['subscribe']>[0]) {
  const seen: Fact[] = []
  const live = Promise.withResolvers<void>()
  let waiting: { count: number; resolve: () => void } | undefined
  const follower = {
    seen,
    live: live.promise,
    liveCalls: 0,
    until: (count: number) =>
      new Promise<void>((resolve) => {
        if (seen.length >= count) resolve()
        else waiting = { count, resolve }
      }),
    stop: () => subscription.stop(),
  }
  const subscription = log.subscribe(options, {
    deliver(batch) {
      seen.push(...batch)
      if (waiting && seen.length >= waiting.count) waiting.resolve()
    },
    live() {
      follower.liveCalls++
      live.resolve()
    },
    failed: live.reject,
  })
  return follower
}
