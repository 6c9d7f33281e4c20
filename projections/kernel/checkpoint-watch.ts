import type { Logger } from 'pino'

import type { Clock } from '#events/clock.ts'
import { LOG_START } from '#events/fact.ts'

import { readCheckpoints, smallestPosition } from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { PositionWaiters } from '#projections/kernel/position-waiters.ts'

export interface CheckpointWatchOptions {
  readonly db: Database
  readonly schema: string
  readonly projections: readonly Projection[]
  readonly clock: Clock
  readonly logger: Logger
}

/** How far the read models are, for a process that does not project them itself. */
export interface CheckpointWatch {
  reached(position: number, timeoutMs: number): Promise<boolean>
  /** Where they were when last looked at, and why they cannot be looked at. */
  health(): { readonly position: number; readonly reason?: string }
  stop(): Promise<void>
}

/** While somebody waits. A client that lists what it has just changed waits about so long. */
const LOOK_EVERY_MS = 10
const LOOK_AGAIN_AFTER_FAULT_MS = 1_000
/** When nobody waits, for whoever asks how the read models do. */
const LOOK_IDLY_EVERY_MS = 1_000

/**
 * Looks at the checkpoints in the database while somebody waits for them: in a cluster one
 * process projects for all.
 */
export function watchCheckpoints(options: CheckpointWatchOptions): CheckpointWatch {
  const { db, schema, projections, clock, logger } = options
  const waiters = new PositionWaiters(clock)
  let position = LOG_START
  let reason: string | undefined
  let waiting = 0
  let looking: Promise<void> | undefined
  let isStopped = false
  let idling: Promise<void> | undefined

  async function look(): Promise<void> {
    try {
      const checkpoints = await readCheckpoints(db, schema, projections)
      reason = checkpoints ? undefined : 'they are being built'
      if (!checkpoints) return
      position = smallestPosition(checkpoints)
      waiters.moveTo(position)
    } catch (cause) {
      if (reason === undefined) logger.warn({ err: cause }, 'the read models cannot be reached')
      reason = cause instanceof Error ? cause.message : String(cause)
    }
  }

  async function lookWhileAwaited(): Promise<void> {
    while (waiting > 0 && !isStopped) {
      await look()
      if (waiting === 0) return
      const delayMs = reason === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_AFTER_FAULT_MS
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
    }
  }

  function lookOn(): void {
    looking ??= lookWhileAwaited().finally(() => {
      looking = undefined
      if (waiting > 0 && !isStopped) lookOn()
    })
  }

  let cancelIdle = (): void => {}
  function lookIdly(): void {
    cancelIdle = clock.after(LOOK_IDLY_EVERY_MS, () => {
      if (looking) return lookIdly()
      idling = look().finally(() => {
        if (!isStopped) lookIdly()
      })
    })
  }
  lookIdly()

  return {
    async reached(wanted, timeoutMs) {
      if (wanted <= position) return true
      const answer = waiters.reached(wanted, timeoutMs)
      waiting++
      lookOn()
      try {
        return await answer
      } finally {
        waiting--
      }
    },
    health: () => ({ position, ...(reason !== undefined && { reason }) }),
    async stop() {
      isStopped = true
      waiters.close()
      cancelIdle()
      await Promise.all([looking, idling])
    },
  }
}
