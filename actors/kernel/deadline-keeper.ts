import type { Clock, Ids } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { refOf } from '#events/fact.ts'
import { DEADLINE_CONSUMER, type HostStore } from '#events/host-store.ts'
import { Refusal } from '#events/refusal.ts'

import type { RunningHost } from '#actors/kernel/create-host.ts'
import { followFacts } from '#actors/kernel/follow-facts.ts'

export interface DeadlineKeeperOptions {
  readonly host: RunningHost
  readonly log: EventLog
  readonly store: HostStore
  readonly clock: Clock
  readonly ids: Ids
  /** Kinds of actors that have deadlines. */
  readonly kinds: readonly string[]
  readonly report: (stream: string, cause: unknown) => void
}

/** The clock may be set while a timer runs: what is due is looked at this often, too. */
const LOOK_EVERY_MS = 5_000
/** How long a deadline waits when its command could not be delivered. */
const RETRY_MS = 1_000

/**
 * Keeps what is due for whom, and sends it. The index is a read model of the log with a
 * checkpoint: a deadline that a crash kept from being noted is noted at the next start.
 */
export async function startDeadlineKeeper(options: DeadlineKeeperOptions) {
  const { host, log, store, clock, ids, kinds, report } = options
  const due = new Map(await store.loadDeadlines())
  let cancelTimer: (() => void) | undefined
  let timerAt = Number.POSITIVE_INFINITY
  let isRunning = true

  function schedule(at: number): void {
    if (!isRunning || at >= timerAt) return
    cancelTimer?.()
    timerAt = at
    cancelTimer = clock.after(Math.min(Math.max(0, at - clock.now()), LOOK_EVERY_MS), fire)
  }

  function fire(): void {
    timerAt = Number.POSITIVE_INFINITY
    const now = clock.now()
    for (const [stream, at] of due) {
      if (at > now) {
        schedule(at)
        continue
      }
      due.set(stream, now + RETRY_MS)
      schedule(now + RETRY_MS)
      deliver(stream).catch((cause: unknown) => reportFault(stream, cause))
    }
  }

  /** The state decides again whether anything is due: the index may be behind it. */
  async function deliver(stream: string): Promise<void> {
    const ref = refOf(stream)!
    const deadline = await host.deadline(ref)
    if (!deadline) due.delete(stream)
    else if (deadline.at > clock.now()) note(stream, deadline.at)
    else {
      const context = { by: null, connection: null, commandId: ids.next() }
      await host.send(ref, deadline.command, context)
    }
  }

  /**
   * When to look at an actor next; undefined for never. One that cannot say, because its rules
   * fail or its mailbox is full, is asked again soon: the others do not wait for it.
   */
  async function nextLook(stream: string): Promise<number | undefined> {
    const ref = refOf(stream)
    // Another program may write to a stream that has a kind and no id: it is no actor's.
    if (!ref) return undefined
    try {
      return (await host.deadline(ref))?.at
    } catch (cause) {
      reportFault(stream, cause)
      return clock.now() + RETRY_MS
    }
  }

  /** A refusal is no fault, or the host has reported it: what was refused stays due. */
  function reportFault(stream: string, cause: unknown): void {
    if (!(cause instanceof Refusal)) report(stream, cause)
  }

  function note(stream: string, at: number): void {
    due.set(stream, at)
    schedule(at)
  }

  const subscription = await followFacts({
    log,
    clock,
    kinds,
    checkpoint: () => store.loadCheckpoint(DEADLINE_CONSUMER),
    async deliver(facts, through) {
      const changes = new Map<string, number | null>()
      for (const stream of new Set(facts.map((fact) => fact.stream))) {
        const at = await nextLook(stream)
        if (at !== undefined) note(stream, at)
        else if (!due.delete(stream)) continue
        changes.set(stream, at ?? null)
      }
      await store.saveDeadlines(changes, through)
    },
    report: (cause) => report(DEADLINE_CONSUMER, cause),
  })
  for (const at of due.values()) schedule(at)

  return {
    async stop() {
      isRunning = false
      cancelTimer?.()
      await subscription.stop()
    },
  }
}
