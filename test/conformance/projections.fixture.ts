import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'

import type { Command } from '#actors/kernel/host.ts'
import type { EventLog } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { allProjections } from '#projections/all-projections.ts'
import { createReadModels } from '#projections/create-read-models.ts'
import { applyBatch } from '#projections/kernel/apply.ts'
import { readCheckpoints } from '#projections/kernel/checkpoints.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { GivenFacts } from '#projections/kernel/given-facts.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'
import { createSchema } from '#projections/kernel/schema.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import type { TestSystem } from '#test/harness.ts'

/** A real PostgreSQL in a temporary folder. */
export async function startPostgres() {
  const dataDir = await mkdtemp(join(os.tmpdir(), 'veza-projections-'))
  const logger = pino({ level: 'silent' })
  const postgres = await startEmbeddedPostgres({ dataDir, logger })
  const db: Kysely<any> = openDatabase({ address: postgres.connection, logger })
  return {
    db,
    dataDir,
    async stop() {
      await db.destroy()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function runnerOf(
  db: Kysely<any>,
  log: EventLog,
  schema: string,
  more: { projections?: readonly Projection[]; batchSize?: number } = {},
) {
  return createProjectionRunner({
    log,
    db,
    schema,
    projections: allProjections,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    registry: new Registry(),
    ...more,
  })
}

/** The read models of all that a system records, in a PostgreSQL of their own. */
export async function startReadModels({ log }: Pick<TestSystem, 'log'>) {
  const postgres = await startPostgres()
  const schema = 'veza'
  const runner = runnerOf(postgres.db, log, schema)
  runner.start()
  const readModels = createReadModels({ db: postgres.db, schema, clock: systemClock, runner })
  return {
    postgres,
    readModels,
    /** Resolves when the read models hold all that is in the log. */
    async caughtUp() {
      if (await readModels.reached(await log.head(), 30_000)) return
      throw new Error('the read models do not catch up')
    },
    async stop() {
      await runner.stop()
      await postgres.stop()
    },
  }
}

let schemas = 0

/** The read models after the facts, asked at a moment. */
export async function modelsAfter(
  db: Kysely<any>,
  { facts }: GivenFacts,
  now: number,
): Promise<ReadModels> {
  const schema = `queries_${schemas++}`
  await createSchema(db, schema, allProjections)
  const start = (await readCheckpoints(db, schema, allProjections))!
  await applyBatch(db, schema, allProjections, start, { facts, through: facts.length })
  const runner = { reached: async () => true }
  return createReadModels({ db, schema, clock: createManualClock(now), runner })
}

/** All rows of all read models in a schema, in an order of their own. */
export async function dump(db: Kysely<any>, schema: string): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {}
  for (const table of allProjections.flatMap((projection) => projection.tables)) {
    const { rows } = await sql<{ row: unknown }>`
      select row_to_json(each) as row from ${sql.table(`${schema}.${table.name}`)} as each
      order by ${sql.join(table.key.map((column) => sql.ref(column)))}`.execute(db)
    tables[table.name] = rows.map(({ row }) => row)
  }
  return tables
}

const FILES = ['a.r00', 'b.r00', 'c.r00', 'x.sfv', 'y.sfv', 'info.nfo']
const CRCS = ['0000000a', '0000000b']
const SFVS = [
  'a.r00 0000000a\nb.r00 0000000b\n',
  'a.r00 0000000b\nc.r00 0000000a\n',
  'x.sfv 0000000a\nc.r00 0000000b\n',
  'no sfv at all',
]

const who = { race: fc.nat(1), racer: fc.nat(2) }
const file = fc.constantFrom(...FILES)

/** What members may do to releases, sensible or not. */
export const deeds = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        ...who,
        deed: fc.constant('upload' as const),
        file,
        crc: fc.nat(1),
        sfv: fc.nat(3),
        size: fc.nat(3),
      }),
    },
    fc.record({ ...who, deed: fc.constant('begin' as const), file }),
    fc.record({ ...who, deed: fc.constant('abort' as const), file }),
    fc.record({ ...who, deed: fc.constant('delete' as const), file }),
    fc.record({ ...who, deed: fc.constant('rename' as const), file, to: file }),
    fc.record({ ...who, deed: fc.constant('download' as const), file, size: fc.nat(3) }),
    fc.record({ ...who, deed: fc.constant('reconnect' as const), file }),
  ),
  { minLength: 20, maxLength: 80 },
)

export type Deeds = typeof deeds extends fc.Arbitrary<infer D> ? D : never

/** Does the deeds through the host. What the actors refuse leaves no fact. */
export async function doAll(system: TestSystem, list: Deeds): Promise<readonly string[]> {
  const races = [system.ids.next(), system.ids.next()]
  const racers = await Promise.all(
    ['ann', 'bob', 'eve'].map(async (name) => {
      await system.addMember({ name })
      return { name, connection: await logIn(system, name), uploads: new Map<string, string>() }
    }),
  )
  for (const each of list) {
    const racer = racers[each.racer]!
    const race = { kind: 'race', id: races[each.race]! }
    const send = async (command: Command, kind = race): Promise<void> => {
      const context = {
        by: racer.name,
        flags: '',
        connection: racer.connection,
        commandId: system.ids.next(),
      }
      await system.host.send(kind, command, context).catch((cause) => {
        if (!(cause instanceof Refusal)) throw cause
      })
    }
    const path = `${each.race} ${each.file}`
    const begin = async (): Promise<void> => {
      const uploadId = system.ids.next()
      racer.uploads.set(path, uploadId)
      const home = { section: 'incoming', release: `Release.${each.race}` }
      const upload = { file: each.file, uploadId, group: 'GRP', offsetBytes: 0 }
      await send({ type: 'race.begin-upload', ...home, ...upload })
    }
    const uploadId = () => racer.uploads.get(path) ?? system.ids.next()
    switch (each.deed) {
      case 'begin':
        await begin()
        break
      case 'upload': {
        await begin()
        const sfvText = each.file.endsWith('.sfv') ? { sfvText: SFVS[each.sfv]! } : {}
        const figures = {
          sizeBytes: each.size * 1_000,
          crc32: CRCS[each.crc]!,
          durationMs: each.size * 10.5,
        }
        const finish = { type: 'race.finish-upload', file: each.file, uploadId: uploadId() }
        await send({ ...finish, ...figures, ...sfvText })
        break
      }
      case 'abort': {
        const abort = { type: 'race.abort-upload', file: each.file, uploadId: uploadId() }
        await send({ ...abort, receivedBytes: 5, reason: 'lost' } as Command)
        break
      }
      case 'delete':
        await send({ type: 'race.delete-file', file: each.file } as Command)
        break
      case 'rename':
        await send({ type: 'race.rename-file', from: each.file, to: each.to } as Command)
        break
      case 'download': {
        const sent = { race: race.id, file: each.file, sizeBytes: each.size, durationMs: 1.5 }
        const download = { type: 'connection.record-download', ...sent, isWhole: each.size > 1 }
        await send(download, { kind: 'connection', id: racer.connection })
        break
      }
      case 'reconnect': {
        const close = { type: 'connection.close', reason: 'quit', receivedBytes: 1, sentBytes: 1 }
        await send(close, { kind: 'connection', id: racer.connection })
        racer.connection = await logIn(system, racer.name)
      }
    }
  }
  return races
}

async function logIn(system: TestSystem, name: string): Promise<string> {
  const id = system.ids.next()
  const send = (command: object) =>
    system.host.send({ kind: 'connection', id }, command as Command, {
      by: name,
      connection: id,
      commandId: system.ids.next(),
    })
  await send({ type: 'connection.open', gateway: 'ftp', node: 'test' })
  const proof = { method: 'password', remote: `sealed for ${name}` }
  await send({ type: 'connection.authenticate', account: name, group: 'GRP', ...proof })
  return id
}
