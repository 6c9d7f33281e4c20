import { SHARDS, shardName, shardOf } from '#actors/kernel/cluster/shards.ts'
import type { RunningHost } from '#actors/kernel/create-host.ts'

/** What a process does while it holds a lease. */
export interface Duty {
  /** Called when the lease has been gained. */
  readonly begin?: () => void
  /** Called when the lease goes or has gone; it is handed on when the promise has settled. */
  readonly end: () => Promise<void>
}

/** Holding a shard: its actors may live here; when it goes, they are let go. */
export function shardDuties(host: () => RunningHost): Map<string, Duty> {
  const duties = new Map<string, Duty>()
  for (let number = 0; number < SHARDS; number++) {
    const shard = shardName(number)
    duties.set(shard, { end: () => host().release((stream) => shardOf(stream) === shard) })
  }
  return duties
}

/** Something that one process of a cluster runs for all. */
export interface Single {
  stop(): Promise<void>
}

/**
 * Runs something only while its lease is held. A start that fails is reported and tried again
 * when the lease is next gained; `retry` arranges for it to be tried sooner.
 */
export function singleDuty(
  start: () => Promise<Single>,
  failed: (cause: unknown, retry: () => void) => void,
): Duty {
  let running: Promise<Single | undefined> = Promise.resolve(undefined)
  /** Counts the times that the lease has come or gone: a retry belongs to one of them. */
  let turn = 0
  const run = (own: number): void => {
    running = start().catch((cause: unknown) => {
      failed(cause, () => {
        if (own === turn) run(own)
      })
      return undefined
    })
  }
  return {
    begin: () => run(++turn),
    async end() {
      turn++
      await (await running)?.stop()
    },
  }
}
