import { sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { allProjections } from '#projections/all-projections.ts'
import { auditTrail } from '#projections/audit-trail/audit-trail.table.ts'
import { compareMoments } from '#projections/kernel/compare-moments.ts'
import { defineProjection, type Projection } from '#projections/kernel/define-projection.ts'
import { defineTable, int8, type RowOf, text } from '#projections/kernel/define-table.ts'
import { rebuild } from '#projections/kernel/rebuild.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'
import { verifyReadModels } from '#projections/kernel/verify.ts'
import { put, type Write } from '#projections/kernel/writes.ts'
import { createHeldLog } from '#test/conformance/held-log.ts'
import { dump, runnerOf, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const WAIT_MS = 30_000
const others = allProjections.filter(({ name }) => name !== 'audit-trail')
const audit = allProjections.find(({ name }) => name === 'audit-trail')!
/** The audit trail of a newer version, whose types shout. */
const louder = defineProjection({
  name: audit.name,
  version: audit.version + 1,
  tables: audit.tables,
  onEvery: (fact) => audit.project({ ...fact, type: fact.type.toUpperCase() }, { rows: () => [] }),
})

function started(log: EventLog, schema: string, projections: readonly Projection[]) {
  const runner = runnerOf(postgres.db, log, schema, { projections, batchSize: 10 })
  onTestFinished(() => runner.stop())
  runner.start()
  return runner
}

async function made(log: EventLog, schema: string, projections: readonly Projection[]) {
  const runner = started(log, schema, projections)
  expect(await runner.reached(await log.head(), WAIT_MS)).toBe(true)
  await runner.stop()
}

async function typesIn(schema: string): Promise<string[]> {
  const { audit_trail: rows } = await dump(postgres.db, schema)
  return rows!.map((row) => (row as { type: string }).type)
}

async function checkpointsIn(schema: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ projection: string; position: number }>`
    select projection, position from ${sql.table(`${schema}.projection_checkpoint`)}`.execute(
    postgres.db,
  )
  return Object.fromEntries(rows.map(({ projection, position }) => [projection, position]))
}

async function relationOf(table: string): Promise<unknown> {
  const { rows } = await sql<{ oid: unknown }>`select ${table}::regclass::oid as oid`.execute(
    postgres.db,
  )
  return rows[0]!.oid
}

const schemasLike = async (name: string): Promise<string[]> => {
  const { rows } = await sql<{ nspname: string }>`
    select nspname from pg_namespace where nspname like ${`${name}%`}`.execute(postgres.db)
  return rows.map(({ nspname }) => nspname)
}

describe('a changed projection', () => {
  test('is rebuilt beside the live ones, which go on, and is swapped when caught up', async () => {
    const { log, grow, hold } = createHeldLog()
    await grow(25)
    await made(log, 'beside', [...others, audit])
    const board = await relationOf('beside.race_board')
    const release = hold()
    const runner = started(log, 'beside', [...others, louder])
    // Served from the older rows; the others are in step.
    expect(await runner.reached(await grow(5), WAIT_MS)).toBe(true)
    await expect.poll(() => runner.health().rebuild).toBeDefined()
    expect(await typesIn('beside')).toEqual(Array.from({ length: 25 }, () => 'comet.seen'))
    expect(await checkpointsIn('beside')).toMatchObject({ 'race-board': 30, 'audit-trail': 25 })
    release()
    await expect.poll(() => runner.health().rebuild).toBeUndefined()
    expect(await typesIn('beside')).toEqual(Array.from({ length: 30 }, () => 'COMET.SEEN'))
    expect(await runner.reached(await grow(3), WAIT_MS)).toBe(true)
    expect(await typesIn('beside')).toHaveLength(33)
    expect(new Set(Object.values(await checkpointsIn('beside')))).toEqual(new Set([33]))
    expect(await relationOf('beside.race_board')).toBe(board)
    expect(await schemasLike('beside')).toEqual(['beside'])
    expect(await log.head()).toBe(33)
  })

  test('goes on where it was when its building was cut', async () => {
    const { log, grow, hold, readers } = createHeldLog()
    await grow(5_000)
    await made(log, 'cut', [...others, audit])
    const release = hold(3_000)
    const cut = started(log, 'cut', [...others, louder])
    await expect.poll(() => cut.health().rebuild?.done).toBe(2_000)
    const stopped = cut.stop()
    release()
    await stopped
    readers.length = 0
    const runner = started(log, 'cut', [...others, louder])
    await expect.poll(() => typesIn('cut')).toContain('COMET.SEEN')
    expect(await typesIn('cut')).toEqual(Array.from({ length: 5_000 }, () => 'COMET.SEEN'))
    expect(await runner.caughtUp(5_000, WAIT_MS)).toBe(true)
    expect(readers[0]!.after).toBe(2_000)
  })

  test('is waited for when its older rows have not the columns that queries need', async () => {
    const wider = defineTable('audit_trail', { ...auditTrail.columns, note: text }, ['position'])
    const other = defineProjection({
      name: audit.name,
      version: audit.version,
      tables: [wider],
      onEvery: (fact) => {
        const [{ absent }] = audit.project(fact, { rows: () => [] }) as [Write]
        return [put(wider, { ...(absent as RowOf<typeof auditTrail.columns>), note: 'new' })]
      },
    })
    const { log, grow, hold } = createHeldLog()
    const head = await grow(12)
    await made(log, 'shape', [...others, audit])
    const release = hold()
    const runner = started(log, 'shape', [...others, other])
    await expect.poll(() => runner.health().state).toBe('live')
    expect(await runner.reached(head, 0)).toBe(false)
    release()
    expect(await runner.reached(head, WAIT_MS)).toBe(true)
    const { rows } = await sql`select note from shape.audit_trail`.execute(postgres.db)
    expect(rows).toEqual(Array.from({ length: 12 }, () => ({ note: 'new' })))
  })

  test('of which older rows would mislead is waited for too', async () => {
    const { log, grow, hold } = createHeldLog()
    const head = await grow(3)
    await made(log, 'current', [...others, audit])
    const release = hold()
    const runner = started(log, 'current', [...others, { ...louder, mustBeCurrent: true }])
    await expect.poll(() => runner.health().state).toBe('live')
    expect(await runner.reached(head, 0)).toBe(false)
    release()
    expect(await runner.reached(head, WAIT_MS)).toBe(true)
    expect(await typesIn('current')).toContain('COMET.SEEN')
  })

  test('that is put back leaves nothing of its building behind', async () => {
    const { log, grow, hold } = createHeldLog()
    await grow(5)
    await made(log, 'back', [...others, audit])
    const release = hold(2)
    const runner = started(log, 'back', [...others, louder])
    await expect.poll(() => schemasLike('back')).toContain('back_rebuild')
    const stopped = runner.stop()
    release()
    await stopped
    await made(log, 'back', [...others, audit])
    expect(await schemasLike('back')).toEqual(['back'])
    expect(await typesIn('back')).toEqual(Array.from({ length: 5 }, () => 'comet.seen'))
  })

  test('that is new is built, and one that is no more leaves nothing behind', async () => {
    const counted = defineTable('counted', { name: text, count: int8 }, ['name'])
    const counter = defineProjection({
      name: 'counter',
      version: 1,
      tables: [counted],
      onEvery: ({ version }) => [put(counted, { name: 'all', count: version + 1 })],
    })
    const { log, grow } = createHeldLog()
    await grow(7)
    await made(log, 'plus', allProjections)
    const plus = started(log, 'plus', [...allProjections, counter])
    expect(await plus.reached(7, WAIT_MS)).toBe(true)
    const { rows } = await sql`select count from plus.counted`.execute(postgres.db)
    expect(rows).toEqual([{ count: 7 }])
    await plus.stop()
    const minus = started(log, 'plus', allProjections)
    await expect
      .poll(
        async () => (await sql`select to_regclass('plus.counted') as it`.execute(postgres.db)).rows,
      )
      .toEqual([{ it: null }])
    expect(await minus.reached(await grow(1), WAIT_MS)).toBe(true)
    expect(Object.keys(await checkpointsIn('plus'))).not.toContain('counter')
  })

  test('shows its progress as metrics', async () => {
    const { log, grow, hold } = createHeldLog()
    await grow(10)
    await made(log, 'shown', [...others, audit])
    const release = hold()
    const registry = new Registry()
    const runner = createProjectionRunner({
      log,
      db: postgres.db,
      schema: 'shown',
      projections: [...others, louder],
      clock: systemClock,
      logger: pino({ level: 'silent' }),
      registry,
    })
    onTestFinished(() => runner.stop())
    runner.start()
    const figure = async (name: string) =>
      new RegExp(`^veza_projection_${name} (\\S+)$`, 'm').exec(await registry.metrics())?.[1]
    await expect.poll(() => figure('rebuild_active')).toBe('1')
    expect(await figure('rebuild_facts_done')).toBe('0')
    release()
    await expect.poll(() => figure('rebuild_active')).toBe('0')
    await expect.poll(() => figure('state\\{state="live"\\}')).toBe('1')
  })
})

describe('a rebuild that somebody asks for beside a running veza', () => {
  test('ends with all that came meanwhile, and what is served never goes back', async () => {
    const { log, grow } = createHeldLog()
    const { db } = postgres
    await grow(300)
    const runner = started(log, 'asked', allProjections)
    expect(await runner.reached(300, WAIT_MS)).toBe(true)
    let isDone = false
    const options = { db, log, projections: allProjections, schema: 'asked', batchSize: 20 }
    const rebuilding = rebuild(options).finally(() => (isDone = true))
    const seen: number[] = []
    while (!isDone) {
      await grow(5)
      const { rows } = await sql<{ position: number; last: number }>`
        select (select min(position) from asked.projection_checkpoint) as position,
          (select max(position) from asked.audit_trail) as last`.execute(db)
      seen.push(rows[0]!.position, rows[0]!.last)
    }
    await rebuilding
    expect(seen).toEqual(seen.toSorted((one, other) => one - other))
    const head = await grow(5)
    expect(await runner.caughtUp(head, WAIT_MS)).toBe(true)
    expect(await typesIn('asked')).toHaveLength(head)
    expect(await verifyReadModels(options)).toMatchObject({ isEqual: true, position: head })
  })

  test('makes them as of a position, in a schema of their own', async () => {
    const { log, grow } = createHeldLog()
    const { db } = postgres
    await grow(40)
    const progress: (readonly [number, number])[] = []
    await rebuild({
      db,
      log,
      projections: allProjections,
      schema: 'then',
      through: 25,
      batchSize: 10,
      progress: (done, total) => progress.push([done, total]),
    })
    expect(await typesIn('then')).toHaveLength(25)
    expect(progress).toEqual([
      [10, 25],
      [20, 25],
      [25, 25],
    ])
  })

  test('leaves a schema alone that is somebody else’s', async () => {
    const { db } = postgres
    await sql`create schema theirs`.execute(db)
    await sql`create table theirs.precious (it text)`.execute(db)
    const { log } = createHeldLog()
    await expect(
      rebuild({ db, log, projections: allProjections, schema: 'theirs' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'not-read-models' }))
    expect(await relationOf('theirs.precious')).toEqual(expect.anything())
  })
})

test('two moments of the read models are compared row for row', async () => {
  const { log, grow } = createHeldLog()
  await grow(9)
  const options = { db: postgres.db, log, projections: allProjections, schema: 'moments' }
  const tables = await compareMoments({ ...options, moments: [4, 7] })
  const found = tables.find(({ table }) => table === 'audit_trail')!
  expect(found).toMatchObject({ rows: [4, 7], only: [0, 3] })
  expect(new Set(found.examples[1].map(({ position }) => position))).toEqual(new Set([5, 6, 7]))
  expect(tables.filter(({ only }) => only[0] + only[1] > 0)).toHaveLength(1)
  expect(await schemasLike('moments')).toEqual([])
})
