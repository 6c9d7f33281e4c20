import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import type { Fact, NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openForReading, openForWriting } from '#infra/lmdb/open-log.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'
import { type Verification, verifyLog } from '#infra/lmdb/verify-log.ts'

export const ids = createUuidV7(systemClock)

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'veza-log-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export function posted(n: number, at = 1_700_000_000_000 + n): NewFact {
  const id = ids.next()
  return {
    id,
    type: 'room.message-posted',
    data: { member: 'alice', text: `message ${n} ✓` },
    meta: {
      at,
      by: 'alice',
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}

/** Appends facts to seven streams, so many at a time. */
export async function fill(log: EventLog, count: number, together = 10): Promise<void> {
  for (let n = 0; n < count; n += together) {
    const batch = Array.from({ length: Math.min(together, count - n) }, (_, k) => n + k)
    await Promise.all(batch.map((k) => log.append(`room-${k % 7}`, [posted(k)], 'any')))
  }
}

/** Opens the log of a folder for as long as `use` runs. */
export async function withLog<T>(path: string, use: (log: EventLog) => Promise<T>): Promise<T> {
  const log = createLmdbEventLog({ path, clock: systemClock })
  try {
    return await use(log)
  } finally {
    await log.close()
  }
}

export const recordsOf = (path: string): Promise<Fact[]> =>
  withLog(path, (log) => Array.fromAsync(log.readAll({ as: 'records' })))

export async function verified(path: string): Promise<Verification> {
  const tables = openForReading(path)
  try {
    return await verifyLog(tables)
  } finally {
    await tables.env.close()
  }
}

/** Writes to a log's tables past every check, as somebody with a hex editor could. */
export async function tamper(path: string, change: (tables: LogTables) => void): Promise<void> {
  const tables = openForWriting({ path, clock: systemClock, ids })
  try {
    tables.env.transactionSync(() => change(tables))
  } finally {
    await tables.env.close()
  }
}

/** Numbers in [0, below) that are the same for the same seed: mulberry32. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
