// Appends to streams beside the peer in this field for Node: Emmett's event store on PostgreSQL.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { pino } from 'pino'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'

import { printMachine, printRate } from '#bench/report.ts'

const SECONDS = 3
const WRITERS = 100
/** PostgreSQL's code for connections that its end cuts. */
const ADMIN_SHUTDOWN = '57P01'
const peers = new URL('peers/node_modules/@event-driven-io/emmett-postgresql/', import.meta.url)
const ids = createUuidV7(systemClock)
const data = { member: 'member', text: 'the quick brown fox jumps over the lazy dog' }

async function appendsPerSecond(append: (stream: string) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  const endAt = startedAt + SECONDS * 1_000
  let done = 0
  const write = async (writer: number) => {
    while (performance.now() < endAt) {
      await append(`room-${writer}`)
      done++
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
  return (done * 1_000) / (performance.now() - startedAt)
}

async function emmett(folder: string): Promise<number> {
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    logger: pino({ level: 'silent' }),
  })
  const { host, user, database } = postgres.connection
  const { getPostgreSQLEventStore } = (await import(new URL('dist/index.js', peers).href)) as {
    getPostgreSQLEventStore: (connection: string) => {
      appendToStream(stream: string, events: unknown[]): Promise<unknown>
      close(): Promise<void>
    }
  }
  const address = `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}`
  const store = getPostgreSQLEventStore(address)
  await store.appendToStream('room-first', [{ type: 'posted', data }])
  const rate = await appendsPerSecond((stream) =>
    store.appendToStream(stream, [{ type: 'posted', data }]),
  )
  await store.close()
  // The peer's pool gives its connections back later, and throws when their server is gone.
  process.on('uncaughtException', (cause: Error & { code?: string }) => {
    if (cause.code !== ADMIN_SHUTDOWN) throw cause
  })
  await postgres.stop()
  return rate
}

async function veza(path: string): Promise<number> {
  const log = createLmdbEventLog({ path, clock: systemClock })
  const rate = await appendsPerSecond((stream) => {
    const id = ids.next()
    const meta = {
      at: systemClock.now(),
      by: 'member',
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    }
    return log.append(stream, [{ id, type: 'room.message-posted', data, meta }], 'any')
  })
  await log.close()
  return rate
}

printMachine('lmdb')
if (existsSync(peers)) {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? process.cwd(), 'bench-'))
  // PostgreSQL as it comes for veza does not wait for the disk at commit; the log does.
  const floor = await emmett(folder)
  printRate(`emmett-postgresql 0.42.0, ${WRITERS} writers, no fsync`, floor, 'facts/s')
  const rate = await veza(join(folder, 'log'))
  printRate(`veza's log, ${WRITERS} writers, fsync`, rate, 'facts/s', floor, 'times the peer')
  rmSync(folder, { recursive: true })
} else {
  console.log('emmett is not installed: npm ci --prefix bench/peers')
}
