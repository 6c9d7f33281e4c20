import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'
import { pause } from '#events/pause.ts'
import { type Progress, ProgressMeter } from '#events/progress.ts'

import { applyBatch, batchLength } from '#projections/kernel/apply.ts'
import { lastPosition } from '#projections/kernel/build.ts'
import {
  type Checkpoints,
  readCheckpoints,
  smallestPosition,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { FactQueue } from '#projections/kernel/fact-queue.ts'
import { makePlan, type Plan } from '#projections/kernel/plan.ts'
import { PositionWaiters } from '#projections/kernel/position-waiters.ts'
import { BuildUnderWay, dropLeftover, rebuild } from '#projections/kernel/rebuild.ts'
import { rebuildChanged } from '#projections/kernel/rebuild-changed.ts'
import { type TakeTurns, takeTurns } from '#projections/kernel/take-turns.ts'
import { createRunnerMetrics } from '#projections/kernel/runner-metrics.ts'
import { assertSchemaName } from '#projections/kernel/schema.ts'

export interface RunnerOptions {
  readonly log: EventLog
  /** At least three connections at once. */
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
  /** Making all read models anew; the old ones are served meanwhile. */
  | 'rebuilding'
  | 'catching-up'
  | 'live'
  /** Something failed, most likely the database: trying again soon. */
  | 'retrying'

export interface RunnerHealth {
  readonly state: RunnerState
  /**
   * Every fact up to this position is in the read models; those that are being rebuilt and can
   * be served as they are are left out of it.
   */
  readonly position: number
  /** How far the building of changed read models is, beside the live ones. */
  readonly rebuild?: Progress
  /** Why it is retrying. */
  readonly reason?: string
}

export interface ProjectionRunner {
  /** Begins in the background: while the database is away, it retries. */
  start(): void
  /** Resolves when a batch under way is committed. */
  stop(): Promise<void>
  reached(position: number, timeoutMs: number): Promise<boolean>
  /** The same, for as long as it takes: false when nothing has moved for `patienceMs`. */
  caughtUp(position: number, patienceMs: number): Promise<boolean>
  health(): RunnerHealth
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000

/** How many batches may wait in memory. */
const QUEUED_BATCHES = 4

/** How often it is asked whether somebody else has ended building. */
const BUILD_AGAIN_MS = 1_000

/**
 * Keeps the read models in step with the log. Those whose projection has changed are rebuilt
 * beside the live ones and swapped when they have caught up; the others go on meanwhile.
 * Nothing follows from a rebuild but rows: effects have consumers and checkpoints of their own.
 */
export function createProjectionRunner(options: RunnerOptions): ProjectionRunner {
  const { log, db, schema, projections, clock, logger, registry, batchSize = 1_000 } = options
  assertSchemaName(schema)
  const waiters = new PositionWaiters(clock)
  const stopping = new AbortController()
  let checkpoints: Checkpoints = new Map()
  /** Those that are kept in step now. */
  let active: readonly Projection[] = projections
  let servableTo = Number.POSITIVE_INFINITY
  let health: RunnerHealth = { state: 'stopped', position: LOG_START }
  let failures = 0
  let running: Promise<void> | undefined
  const metrics = createRunnerMetrics(registry, log, {
    checkpoints: () => checkpoints,
    state: () => health.state,
    rebuild: () => health.rebuild,
  })

  function enter(state: RunnerState, reason?: string): void {
    const { position, rebuild: progress } = health
    health = {
      state,
      position,
      ...(reason !== undefined && { reason }),
      ...(progress && { rebuild: progress }),
    }
  }

  function moved(to: Checkpoints): void {
    checkpoints = to
    health = { ...health, position: Math.min(smallestPosition(to), servableTo) }
    waiters.moveTo(health.position)
  }

  /** Shows how far a build is while it runs. */
  async function shown<T>(build: (progress: BuildProgress) => Promise<T>): Promise<T> {
    const meter = new ProgressMeter(() => clock.now())
    const note: BuildProgress = (done, total) => {
      health = { ...health, rebuild: meter.update(done, total) }
    }
    note(0, 0)
    try {
      return await build(note)
    } finally {
      const { rebuild: _, ...rest } = health
      health = rest
    }
  }

  async function prepare(): Promise<Plan> {
    enter('starting')
    const plan = await makePlan(db, log, schema, projections)
    if (!('reason' in plan)) {
      if (plan.changed.length === 0) await dropLeftover(db, schema)
      return plan
    }
    const { reason } = plan
    logger.info({ schema, reason }, 'rebuilding the read models from the log')
    enter('rebuilding')
    const all = { db, log, projections, schema }
    await shown((progress) => rebuild({ ...all, resumes: true, signal: stopping.signal, progress }))
    logger.info({ schema }, 'read models rebuilt')
    const built = await readCheckpoints(db, schema, projections)
    if (!built) throw new Error(`the read models in ${schema} were changed by somebody else`)
    const nothing = { changed: [], hasRemains: false, servableTo: Number.POSITIVE_INFINITY }
    return { current: projections, checkpoints: built, ...nothing }
  }

  /** From a look at the database until something fails or the runner is stopped. */
  async function follow(): Promise<void> {
    const plan = await prepare()
    const { changed } = plan
    active = plan.current
    servableTo = plan.servableTo
    moved(plan.checkpoints)
    enter('catching-up')
    const queue = new FactQueue(batchSize * QUEUED_BATCHES)
    const ending = new AbortController()
    const end = () => {
      queue.end()
      ending.abort(stopping.signal.reason)
    }
    stopping.signal.addEventListener('abort', end)
    const subscription = log.subscribe(
      { after: smallestPosition(checkpoints), batchSize },
      {
        deliver: (facts, through) => queue.add(facts, through),
        live: () => enter('live'),
        failed: (cause) => queue.fail(cause),
      },
    )
    const alone = takeTurns()
    const building =
      changed.length > 0 || plan.hasRemains
        ? rebuildBeside(changed, alone, ending.signal).catch((cause) => queue.fail(cause))
        : undefined
    try {
      if (stopping.signal.aborted) return
      await project(queue, alone)
    } finally {
      end()
      stopping.signal.removeEventListener('abort', end)
      await subscription.stop()
      await building
    }
  }

  async function rebuildBeside(
    changed: readonly Projection[],
    alone: TakeTurns,
    signal: AbortSignal,
  ): Promise<void> {
    const names = changed.map(({ name }) => name)
    logger.info({ schema, projections: names }, 'rebuilding changed read models beside the live')
    const live = () => checkpoints
    const own = { db, log, schema, projections: changed, all: projections }
    await shown(async (progress) => {
      for (;;) {
        try {
          return await rebuildChanged({ ...own, live, joined, alone, signal, progress })
        } catch (cause) {
          if (!(cause instanceof BuildUnderWay)) throw cause
          await pause(clock, BUILD_AGAIN_MS, signal)
          signal.throwIfAborted()
        }
      }
    })
    logger.info({ schema, projections: names }, 'changed read models are live')
  }

  /** From here on all are kept in step. */
  function joined(all: Checkpoints): void {
    active = projections
    servableTo = Number.POSITIVE_INFINITY
    moved(all)
  }

  async function project(queue: FactQueue, alone: TakeTurns): Promise<void> {
    for (;;) {
      const batch = await queue.take((facts) => batchLength(projections, facts, batchSize))
      if (!batch) return
      await alone(async () => {
        const startedAt = performance.now()
        moved(await applyBatch(db, schema, active, checkpoints, batch))
        metrics.batch(batch.facts.length, (performance.now() - startedAt) / 1_000)
      })
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
    async caughtUp(position, patienceMs) {
      // The head may be a record that the log keeps about itself: no read model comes to that.
      const wanted = Math.min(position, await lastPosition(log))
      for (let before = ''; ;) {
        if (await waiters.reached(wanted, patienceMs)) return true
        const now = JSON.stringify([health.position, health.rebuild?.done])
        if (now === before || stopping.signal.aborted) return false
        before = now
      }
    },
    health: () => health,
  }
}

type BuildProgress = (done: number, total: number) => void
