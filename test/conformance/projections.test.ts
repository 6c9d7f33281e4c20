import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { RaceContext } from '#actors/race/race.commands.ts'
import { LOG_START } from '#events/fact.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { allProjections } from '#projections/all-projections.ts'
import { applyBatch, type Batch } from '#projections/kernel/apply.ts'
import { readCheckpoints } from '#projections/kernel/checkpoints.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { buildSchema } from '#projections/kernel/build.ts'
import { createSchema, dropSchema } from '#projections/kernel/schema.ts'
import { verifyReadModels } from '#projections/kernel/verify.ts'
import {
  deeds,
  doAll,
  dump,
  runnerOf,
  startPostgres,
} from '#test/conformance/projections.fixture.ts'
import { createTestSystem } from '#test/harness.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const WAIT_MS = 20_000

describe('read models', () => {
  test('made live, in any batches, and rebuilt are the same rows, and say what the actors say', async () => {
    await fc.assert(
      fc.asyncProperty(
        deeds,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        async (list, sizes) => {
          const { db } = postgres
          const system = await createTestSystem()
          await dropSchema(db, 'live')
          const runner = runnerOf(db, system.log, 'live', { batchSize: 16 })
          runner.start()
          const races = await doAll(system, list)
          const head = await system.log.head()
          expect(await runner.reached(head, WAIT_MS)).toBe(true)

          await splitInto(system.log, sizes, 'split')
          await buildSchema({ db, log: system.log, projections: allProjections, schema: 'rebuilt' })
          const live = await dump(db, 'live')
          expect(await dump(db, 'split')).toEqual(live)
          expect(await dump(db, 'rebuilt')).toEqual(live)

          const progress = live['race_progress'] as Record<string, unknown>[]
          for (const id of races) {
            const { context, version } = await system.host.state<RaceContext>({ kind: 'race', id })
            if (version < 0) continue
            expect(progress.find((row) => row['race_id'] === id) ?? NO_PROGRESS).toMatchObject({
              expected_files: context.expectedCount,
              files_done: context.doneCount,
              size_bytes: context.sizeBytes,
            })
            const racers = Object.entries(context.racers).map(
              ([member, { group, files, sizeBytes }]) => ({
                race_id: id,
                member,
                group,
                files,
                size_bytes: sizeBytes,
              }),
            )
            const rows = live['race_racers'] as Record<string, unknown>[]
            const found = rows.filter((row) => row['race_id'] === id)
            expect(
              found.map(({ race_id, member, group, files, size_bytes }) => ({
                race_id,
                member,
                group,
                files,
                size_bytes,
              })),
            ).toEqual(racers.toSorted((a, b) => (a.member < b.member ? -1 : 1)))
          }
          await runner.stop()
          await system.stop()
        },
      ),
      { numRuns: 12 },
    )
  })

  test('checkpoints and rows are committed together or not at all', async () => {
    const { db } = postgres
    const facts = new GivenFacts()
      .add('race-1', 'race.created', { section: 's', release: 'r' })
      .add('account-ann', 'account.created', { name: 'ann', group: 'G', flags: '' }).facts
    await dropSchema(db, 'atomic')
    await createSchema(db, 'atomic', allProjections)
    const start = (await readCheckpoints(db, 'atomic', allProjections))!
    const apply = () => applyBatch(db, 'atomic', allProjections, start, { facts, through: 2 })
    // The audit trail is written last: without its table, all before it must be undone.
    await sql`alter table atomic.audit_trail rename to hidden`.execute(db)
    await expect(apply()).rejects.toThrow('audit_trail')
    await sql`alter table atomic.hidden rename to audit_trail`.execute(db)
    expect(await dump(db, 'atomic')).toMatchObject({
      race_board: [],
      accounts: [],
      audit_trail: [],
    })
    expect(await readCheckpoints(db, 'atomic', allProjections)).toEqual(start)

    await apply()
    const moved = await readCheckpoints(db, 'atomic', allProjections)
    expect(new Set([...moved!.values()].map(({ position }) => position))).toEqual(new Set([2]))
    expect(await dump(db, 'atomic')).toMatchObject({ race_board: [{ race_id: '1' }] })
    // A second writer that believes in the old checkpoints changes nothing.
    await expect(apply()).rejects.toThrow(expect.objectContaining({ code: 'checkpoint-conflict' }))
  })

  test('a projection that holds some of the facts is given only the others', async () => {
    const { db } = postgres
    const { facts } = new GivenFacts()
      .addUnknown('comet-1', 'comet.seen', {})
      .addUnknown('comet-1', 'comet.seen', {})
    await dropSchema(db, 'partly')
    await createSchema(db, 'partly', allProjections)
    await sql`update partly.projection_checkpoint set position = 1
      where projection = 'audit-trail'`.execute(db)
    const start = (await readCheckpoints(db, 'partly', allProjections))!
    await applyBatch(db, 'partly', allProjections, start, { facts, through: 2 })
    expect(await dump(db, 'partly')).toMatchObject({ audit_trail: [{ position: 2 }] })
  })

  test('names that Postgres cannot hold do not stop the projections', async () => {
    const { db } = postgres
    const release = 'a\0b\ud800"\\{},NULL'
    const { facts } = new GivenFacts()
      .add('race-1', 'race.created', { section: 's', release })
      .add('race-2', 'race.created', { section: 's', release: 'NULL' })
      .add('race-3', 'race.created', { section: 's', release: 'x'.repeat(20_000) })
    await dropSchema(db, 'names')
    await createSchema(db, 'names', allProjections)
    const start = (await readCheckpoints(db, 'names', allProjections))!
    await applyBatch(db, 'names', allProjections, start, { facts, through: 3 })
    const { race_board } = await dump(db, 'names')
    const names = (race_board as { release: string }[]).map((row) => row.release)
    expect(names).toEqual(['a\ufffdb\ufffd"\\{},NULL', 'NULL', 'x'.repeat(20_000)])
  })
})

describe('verification', () => {
  test('proves equality, beside a running server', async () => {
    const { db } = postgres
    const system = await createTestSystem()
    const runner = runnerOf(db, system.log, 'proved')
    runner.start()
    await doAll(system, fc.sample(deeds, { numRuns: 1, seed: 1 })[0]!)
    await runner.reached(await system.log.head(), WAIT_MS)
    const options = { db, log: system.log, projections: allProjections, schema: 'proved' }
    const verdict = await verifyReadModels(options)
    expect(verdict).toMatchObject({ isEqual: true, position: await system.log.head() })
    expect(verdict.tables.find(({ table }) => table === 'audit_trail')).toEqual({
      table: 'audit_trail',
      liveRows: await system.log.head(),
      rebuiltRows: await system.log.head(),
      onlyLive: 0,
      onlyRebuilt: 0,
      examples: [],
    })
    await runner.stop()
    await system.stop()
  })

  test('finds a row that was changed, one that was added and one that is gone', async () => {
    const { db } = postgres
    const log = await logWith(30)
    const options = { db, log, projections: allProjections, schema: 'tampered' }
    await buildSchema(options)
    await sql`update tampered.audit_trail set "by" = 'mallory' where position = 3`.execute(db)
    await sql`delete from tampered.audit_trail where position = 7`.execute(db)
    await sql`insert into tampered.account_groups values ('mallory', 'g', 'G', true, 0)`.execute(db)
    const verdict = await verifyReadModels(options)
    expect(verdict.isEqual).toBe(false)
    const differing = verdict.tables.filter(({ examples }) => examples.length > 0)
    expect(differing).toMatchObject([
      {
        table: 'account_groups',
        onlyLive: 1,
        onlyRebuilt: 0,
        examples: [{ side: 'live', row: { account: 'mallory' } }],
      },
      { table: 'audit_trail', liveRows: 29, rebuiltRows: 30, onlyLive: 1, onlyRebuilt: 2 },
    ])
    const schemas = await sql`select 1 from pg_namespace where nspname = 'tampered_verify'`.execute(
      db,
    )
    expect(schemas.rows).toEqual([])
  })

  test('drops its schema when it fails', async () => {
    const { db } = postgres
    const log = await logWith(3)
    await buildSchema({ db, log, projections: allProjections, schema: 'failing' })
    const { name, version, tables } = allProjections.at(-1)!
    const broken = defineProjection({
      name,
      version,
      tables,
      onEvery: () => {
        throw new Error('no projection')
      },
    })
    const projections = [...allProjections.slice(0, -1), broken]
    await expect(verifyReadModels({ db, log, projections, schema: 'failing' })).rejects.toThrow(
      'no projection',
    )
    const schemas = await sql`select 1 from pg_namespace where nspname = 'failing_verify'`.execute(
      db,
    )
    expect(schemas.rows).toEqual([])
  })
})

const NO_PROGRESS = { expected_files: 0, files_done: 0, size_bytes: 0 }

async function logWith(count: number) {
  const log = createMemoryEventLog()
  const given = new GivenFacts()
  for (let n = 0; n < count; n++)
    given.addUnknown('comet-1', 'comet.seen', {}, { by: 'ann', at: n })
  await log.append('comet-1', given.facts, 'any')
  return log
}

/** Projects a whole log in batches of the given sizes, over and over. */
async function splitInto(
  log: ReturnType<typeof createMemoryEventLog>,
  sizes: readonly number[],
  schema: string,
): Promise<void> {
  const { db } = postgres
  await dropSchema(db, schema)
  await createSchema(db, schema, allProjections)
  const facts = await Array.fromAsync(log.readAll({ after: LOG_START }))
  let checkpoints = (await readCheckpoints(db, schema, allProjections))!
  for (let turn = 0; facts.length > 0; turn++) {
    const part = facts.splice(0, sizes[turn % sizes.length])
    const batch: Batch = { facts: part, through: part.at(-1)!.position }
    checkpoints = await applyBatch(db, schema, allProjections, checkpoints, batch)
  }
}
