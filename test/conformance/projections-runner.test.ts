import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { allProjections } from '#projections/all-projections.ts'
import { buildSchema } from '#projections/kernel/build.ts'
import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { rebuild, withBuildLock } from '#projections/kernel/rebuild.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'
import { dump, runnerOf, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const WAIT_MS = 30_000

/** A log whose facts are all alike, and a way to add one more. */
function growingLog(mark = 'a') {
  const log = createMemoryEventLog()
  let count = 0
  return {
    log,
    grow: async (by = 1): Promise<number> => {
      for (let n = 0; n < by; n++) {
        const [fact] = new GivenFacts().addUnknown('comet-1', 'comet.seen', {}).facts
        const id = `${mark}0000000-0000-7000-8000-${String(count++).padStart(12, '0')}`
        await log.append('comet-1', [{ ...fact!, id }], 'any')
      }
      return log.head()
    },
  }
}

function started(log: EventLog, schema: string, more: Parameters<typeof runnerOf>[3] = {}) {
  const runner = runnerOf(postgres.db, log, schema, more)
  onTestFinished(() => runner.stop())
  runner.start()
  return runner
}

const positionsIn = async (schema: string): Promise<unknown[]> =>
  (await dump(postgres.db, schema))['audit_trail']!.map(
    (row) => (row as { position: number }).position,
  )

describe('the projection runner', () => {
  test('follows the log live, and goes on after a restart where it was', async () => {
    const { log, grow } = growingLog()
    const first = started(log, 'follow')
    expect(await first.reached(await grow(3), WAIT_MS)).toBe(true)
    expect(await first.reached(await grow(1), WAIT_MS)).toBe(true)
    expect(first.health()).toEqual({ state: 'live', position: 4 })
    await first.stop()
    expect(first.health().state).toBe('stopped')
    await grow(2)
    const second = started(log, 'follow')
    expect(await second.reached(6, WAIT_MS)).toBe(true)
    expect(await positionsIn('follow')).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('is caught up where the head is a record that the log keeps about itself', async () => {
    const { log, grow } = growingLog()
    const last = await grow(2)
    await log.writeMetadata('comet-1', { maxCount: 9 })
    const runner = started(log, 'described')
    expect(await runner.caughtUp(await log.head(), WAIT_MS)).toBe(true)
    expect(runner.health().position).toBe(last)
    await log.append('$others', new GivenFacts().addUnknown('x', 'y', {}).facts, 'any')
    expect(await runner.caughtUp(await log.head(), WAIT_MS)).toBe(true)
    expect(await runner.caughtUp(await grow(), WAIT_MS)).toBe(true)
  })

  test('a build that is cut leaves no reading of the log open', async () => {
    const { log, grow } = growingLog()
    await grow(10)
    let open = 0
    const watched: EventLog = {
      ...log,
      async *readAll(options) {
        open++
        try {
          yield* log.readAll(options)
        } finally {
          open--
        }
      },
    }
    const cut = new AbortController()
    const building = buildSchema({
      log: watched,
      db: postgres.db,
      schema: 'cut',
      projections: allProjections,
      batchSize: 2,
      signal: cut.signal,
      progress: () => cut.abort(new Error('enough')),
    })
    await expect(building).rejects.toThrow('enough')
    expect(open).toBe(0)
  })

  test('drops the old rows where a process ended between swapping them and dropping them', async () => {
    const { log, grow } = growingLog()
    const first = started(log, 'swapped')
    await first.reached(await grow(2), WAIT_MS)
    await first.stop()
    await buildSchema({ log, db: postgres.db, schema: 'swapped_retired', projections: [] })
    const again = started(log, 'swapped')
    expect(await again.reached(await grow(), WAIT_MS)).toBe(true)
    const { rows } = await sql<{ name: string }>`
      select nspname as name from pg_namespace where nspname like 'swapped%'`.execute(postgres.db)
    expect(rows).toEqual([{ name: 'swapped' }])
  })

  test('says when a position was not reached in time, and when it will not be', async () => {
    const { log, grow } = growingLog()
    const runner = started(log, 'late')
    await runner.reached(await grow(), WAIT_MS)
    expect(await runner.reached(2, 0)).toBe(false)
    expect(await runner.reached(2, 5)).toBe(false)
    const waiting = runner.reached(2, WAIT_MS)
    await runner.stop()
    expect(await waiting).toBe(false)
    expect(await runner.reached(2, WAIT_MS)).toBe(false)
  })

  test.each([
    ['ends before the checkpoint', 'a', 2],
    ['has other facts', 'b', 9],
  ])('makes the read models anew when the log %s', async (_, mark, length) => {
    const before = growingLog()
    const schema = `other_log_${mark}`
    const old = started(before.log, schema)
    await old.reached(await before.grow(5), WAIT_MS)
    await old.stop()
    const after = growingLog(mark)
    await after.grow(length)
    const runner = started(after.log, schema)
    expect(await runner.reached(length, WAIT_MS)).toBe(true)
    expect(await positionsIn(schema)).toHaveLength(length)
  })

  test('loses nothing when Postgres is killed under it', async () => {
    const { log, grow } = growingLog()
    const runner = started(log, 'killed')
    await runner.reached(await grow(50), WAIT_MS)
    const file = join(postgres.dataDir, 'postgres', 'cluster', 'postmaster.pid')
    const pid = Number((await readFile(file, 'utf8')).split('\n')[0])
    process.kill(pid, 'SIGKILL')
    await grow(50)
    expect(await runner.reached(100, WAIT_MS)).toBe(true)
    // The last of the killed server's processes may have taken the rest before it went, too.
    await expect
      .poll(() => positionsIn('killed'), { timeout: WAIT_MS })
      .toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
  })

  test('retries while the schema is in the hands of another, and says why', async () => {
    const { log, grow } = growingLog()
    await grow(1)
    const { db } = postgres
    const runner = runnerOf(db, log, 'locked')
    onTestFinished(() => runner.stop())
    await withBuildLock(db, 'locked', async () => {
      await expect(
        rebuild({ db, log, projections: allProjections, schema: 'locked' }),
      ).rejects.toThrow(expect.objectContaining({ code: 'build-under-way' }))
      runner.start()
      await expect.poll(() => runner.health().reason).toContain('rebuilt or verified')
    })
    expect(await runner.reached(1, WAIT_MS)).toBe(true)
    expect(runner.health().reason).toBeUndefined()
  })

  test('two runners on one schema do not double a fact', async () => {
    const { log, grow } = growingLog()
    const first = started(log, 'twice', { batchSize: 3 })
    await first.reached(await grow(1), WAIT_MS)
    const second = started(log, 'twice', { batchSize: 5 })
    const head = await grow(200)
    expect(await first.reached(head, WAIT_MS)).toBe(true)
    expect(await second.reached(head, WAIT_MS)).toBe(true)
    expect(await positionsIn('twice')).toHaveLength(head)
  })

  test('shows its position and lag as metrics', async () => {
    const { log, grow } = growingLog()
    const registry = new Registry()
    const runner = createProjectionRunner({
      log,
      db: postgres.db,
      schema: 'metrics',
      projections: allProjections,
      clock: systemClock,
      logger: pino({ level: 'silent' }),
      registry,
    })
    runner.start()
    await runner.reached(await grow(1), WAIT_MS)
    await runner.reached(await grow(3), WAIT_MS)
    await runner.stop()
    await grow(2)
    const metrics = await registry.metrics()
    expect(metrics).toContain('veza_projection_position{projection="race-board"} 4')
    expect(metrics).toContain('veza_projection_lag_facts{projection="audit-trail"} 2')
    // The first may have come with the building of the tables, which is not counted.
    expect(metrics).toMatch(/veza_projection_facts_total [34]\n/)
    expect(metrics).toMatch(/veza_projection_batch_seconds_count [1-4]\n/)
  })
})
