import type { EventLog } from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'

import { applyBatch, batchLength } from '#projections/kernel/apply.ts'
import {
  type Checkpoints,
  isFromLog,
  readCheckpoints,
  smallestPosition,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { createSchema, dropSchema } from '#projections/kernel/schema.ts'

export interface BuildOptions {
  readonly db: Database
  readonly log: EventLog
  readonly projections: readonly Projection[]
  /** The schema that is made. One of that name is dropped first. */
  readonly schema: string
  /** The last position to project. Default: the log's end at the time. */
  readonly through?: number
  /** Facts in one transaction. */
  readonly batchSize?: number
  /** Stops between two batches: rejects with the signal's reason. */
  readonly signal?: AbortSignal
  readonly progress?: (done: number, total: number) => void
}

const BATCH_SIZE = 2_000

/** Makes every read model from the log in a fresh schema. */
export async function buildSchema(options: BuildOptions): Promise<Checkpoints> {
  const { db, schema, projections } = options
  await dropSchema(db, schema)
  await createSchema(db, schema, projections)
  const start = await readCheckpoints(db, schema, projections)
  if (!start) throw new Error(`${schema} was changed while it was being built`)
  return catchUp(options, start)
}

/** The same, but goes on where an earlier building of the same from this log was cut. */
export async function buildOrResume(options: BuildOptions): Promise<Checkpoints> {
  const { db, log, schema, projections } = options
  const left = await readCheckpoints(db, schema, projections)
  const isOurs = left !== undefined && (await isFromLog(log, left))
  return await (isOurs ? catchUp(options, left) : buildSchema(options))
}

/** Projects what a schema lacks; resolves with its checkpoints afterwards. */
export async function catchUp(options: BuildOptions, from: Checkpoints): Promise<Checkpoints> {
  const { db, schema, log, projections, signal, progress } = options
  const batchSize = options.batchSize ?? BATCH_SIZE
  const start = smallestPosition(from)
  const through = options.through ?? (await lastPosition(log))
  const pages = readPages(log, start, through, batchSize)
  let checkpoints = from
  let done = 0
  try {
    let next = pages.next()
    for (let page = await next; !page.done; page = await next) {
      // The next page is read from the log while this one is written.
      next = pages.next()
      next.catch(() => {})
      for (let rest = page.value; rest.length > 0;) {
        signal?.throwIfAborted()
        const facts = rest.slice(0, batchLength(projections, rest, batchSize))
        rest = rest.slice(facts.length)
        const batch = { facts, through: facts.at(-1)!.position }
        checkpoints = await applyBatch(db, schema, projections, checkpoints, batch)
        done += facts.length
        progress?.(done, totalOf(done, start, batch.through, through))
      }
    }
  } finally {
    // What was cut short would leave its reading of the log open. Whether that ends well matters
    // no more: what it was cut by is what is thrown.
    await pages.return(undefined).catch(() => {})
  }
  return checkpoints
}

const CATCH_UP_ROUNDS = 10

/**
 * Catches up again and again until so little comes meanwhile that the rest can be done at the
 * swap, while those who project the live rows wait. A log that grows as fast as it is projected
 * would be run after for ever, each round longer than the one before: as soon as a round is not
 * shorter, the rest is left for the swap too.
 */
export async function catchUpWithHead(
  options: BuildOptions,
  from: Checkpoints,
): Promise<Checkpoints> {
  const { batchSize = BATCH_SIZE } = options
  let checkpoints = from
  let shortest = Number.POSITIVE_INFINITY
  for (let round = 1; round <= CATCH_UP_ROUNDS; round++) {
    const before = smallestPosition(checkpoints)
    checkpoints = await catchUp(options, checkpoints)
    const length = smallestPosition(checkpoints) - before
    if (length < batchSize || length >= shortest) break
    shortest = length
  }
  return checkpoints
}

/** Positions may have gaps: how many facts there are is told from those seen so far. */
function totalOf(done: number, start: number, position: number, end: number): number {
  return Math.max(done, Math.round((done * (end - start)) / Math.max(1, position - start)))
}

/**
 * The position of the last fact. Asked of the facts themselves: a log that another process
 * writes knows its head only as it was when it was opened.
 */
export async function lastPosition(log: EventLog): Promise<number> {
  for await (const { position } of log.readAll({ direction: 'backwards', limit: 1 })) {
    return position
  }
  return LOG_START
}

async function* readPages(
  log: EventLog,
  after: number,
  through: number,
  size: number,
): AsyncGenerator<readonly Fact[]> {
  let page: Fact[] = []
  if (after >= through) return
  for await (const fact of log.readAll({ after })) {
    if (fact.position > through) break
    page.push(fact)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
