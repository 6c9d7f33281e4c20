import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'

import { applyBatch, batchLength } from '#projections/kernel/apply.ts'
import {
  type Checkpoints,
  isFromLog,
  readCheckpoints,
  smallestPosition,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { FactQueue } from '#projections/kernel/fact-queue.ts'
import { PositionWaiters } from '#projections/kernel/position-waiters.ts'
import { rebuild } from '#projections/kernel/rebuild.ts'
import { createRunnerMetrics } from '#projections/kernel/runner-metrics.ts'
import { assertSchemaName } from '#projections/kernel/schema.ts'

export interface RunnerOptions {
  readonly log: EventLog
  /** At least two connections at once. */
  readonly db: Database
  readonly schema: string
  readonly projections: readonly Projection[]
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
  /** Facts in one transaction at most. Default 1,000. */
  readonly batchSize?: number
}

export type RunnerState =
  | 'stopped'
  /** Looking at what the database holds. */
  | 'starting'
  /** Making the read models anew; the old ones are served meanwhile. */
  | 'rebuilding'
  | 'catching-up'
  | 'live'
  /** Something failed, most likely the database: trying again soon. */
  | 'retrying'

export interface RunnerHealth {
  readonly state: RunnerState
  /** Every fact up to this position is in the read models. */
  readonly position: number
  /** Why it is retrying. */
  readonly reason?: string
}

export interface ProjectionRunner {
  /** Begins in the background: while the database is away, it retries. */
  start(): void
  /** Resolves when a batch under way is committed. */
  stop(): Promise<void>
  reached(position: number, timeoutMs: number): Promise<boolean>
  health(): RunnerHealth
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000

/** How many batches may wait in memory. */
const QUEUED_BATCHES = 4

/** Keeps the read models in step with the log. */
export function createProjectionRunner(options: RunnerOptions): ProjectionRunner {
  const { log, db, schema, projections, clock, logger, registry, batchSize = 1_000 } = options
  assertSchemaName(schema)
  const waiters = new PositionWaiters(clock)
  const stopping = new AbortController()
  let checkpoints: Checkpoints = new Map()
  let health: RunnerHealth = { state: 'stopped', position: LOG_START }
  let failures = 0
  let running: Promise<void> | undefined
  const metrics = createRunnerMetrics(registry, log, () => checkpoints)

  function enter(state: RunnerState, reason?: string): void {
    health = { state, position: health.position, ...(reason !== undefined && { reason }) }
  }

  function moved(to: Checkpoints): void {
    checkpoints = to
    health = { ...health, position: smallestPosition(to) }
    waiters.moveTo(health.position)
  }

  async function prepare(): Promise<Checkpoints> {
    enter('starting')
    const found = await readCheckpoints(db, schema, projections)
    if (found && (await isFromLog(log, found))) return found
    const reason = found ? 'they are from another log' : 'they are missing or of another version'
    logger.info({ schema, reason }, 'rebuilding the read models from the log')
    enter('rebuilding')
    await rebuild({ db, log, projections, schema, signal: stopping.signal })
    logger.info({ schema }, 'read models rebuilt')
    const built = await readCheckpoints(db, schema, projections)
    if (!built) throw new Error(`the read models in ${schema} were changed by somebody else`)
    return built
  }

  /** From a look at the database until something fails or the runner is stopped. */
  async function follow(): Promise<void> {
    moved(await prepare())
    enter('catching-up')
    const queue = new FactQueue(batchSize * QUEUED_BATCHES)
    const end = () => queue.end()
    stopping.signal.addEventListener('abort', end)
    const subscription = log.subscribe(
      { after: smallestPosition(checkpoints), batchSize },
      {
        deliver: (facts, through) => queue.add(facts, through),
        live: () => enter('live'),
        failed: (cause) => queue.fail(cause),
      },
    )
    try {
      if (stopping.signal.aborted) return
      await project(queue)
    } finally {
      queue.end()
      stopping.signal.removeEventListener('abort', end)
      await subscription.stop()
    }
  }

  async function project(queue: FactQueue): Promise<void> {
    for (;;) {
      const batch = await queue.take((facts) => batchLength(projections, facts, batchSize))
      if (!batch) return
      const startedAt = performance.now()
      moved(await applyBatch(db, schema, projections, checkpoints, batch))
      metrics.batch(batch.facts.length, (performance.now() - startedAt) / 1_000)
      failures = 0
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await follow()
      } catch (cause) {
        if (stopping.signal.aborted) return
        const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++)
        logger.warn({ err: cause, delayMs }, 'projecting failed: the read models lag')
        enter('retrying', cause instanceof Error ? cause.message : String(cause))
        await pause(clock, delayMs, stopping.signal)
      }
    }
  }

  return {
    start() {
      running ??= run()
    },
    async stop() {
      stopping.abort(new Error('the projections are stopping'))
      await running
      waiters.close()
      enter('stopped')
    },
    reached: (position, timeoutMs) => waiters.reached(position, timeoutMs),
    health: () => health,
  }
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(delayMs, done)
    signal.addEventListener('abort', done)
  })
}
