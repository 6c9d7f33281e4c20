// What bench/log.ts appends to: the log, LMDB without it, and Emmett's store on PostgreSQL.
import { existsSync } from 'node:fs'

import { open, type RootDatabaseOptionsWithPath } from 'lmdb'
import { pino } from 'pino'

import type { EventLog } from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'

/** `append` resolves when all that it was given is on the disk. */
export interface Store {
  append(stream: string, facts: readonly NewFact[]): Promise<unknown>
  close(): Promise<void>
}

/** PostgreSQL's code for connections that its end cuts. */
const ADMIN_SHUTDOWN = '57P01'
const peers = new URL('peers/node_modules/@event-driven-io/emmett-postgresql/', import.meta.url)
const ids = createUuidV7(systemClock)

/** A new fact of about 300 bytes as JSON. */
export function newFact(): NewFact {
  const id = ids.next()
  return {
    id,
    type: 'room.message-posted',
    data: { member: 'member', text: 'the quick brown fox jumps over the lazy dog' },
    meta: {
      at: systemClock.now(),
      by: 'member',
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}

export function storeOf(log: EventLog): Store {
  return {
    append: (stream, facts) => log.append(stream, facts, 'any'),
    close: () => log.close(),
  }
}

export function openLog(path: string): EventLog {
  return createLmdbEventLog({ path, clock: systemClock })
}

/**
 * LMDB alone: each fact's JSON, the very text that the log keeps, under a number. No versions, no
 * index, no ids, no checksums. `flushed`: lmdb's default, which shows a commit before it is on
 * the disk, and a writer waits for `flushed`. `commit`: the commit itself waits for the disk.
 */
export function openRaw(path: string, waitsFor: 'flushed' | 'commit'): Store {
  const options: RootDatabaseOptionsWithPath = { path, overlappingSync: waitsFor === 'flushed' }
  const env = open(options)
  const table = env.openDB<string, number>({ name: 'log', encoding: 'string' })
  let position = 0
  const put = (stream: string, fact: NewFact) => {
    position++
    return table.put(position, encodeFact({ ...fact, stream, version: position, position }))
  }
  return {
    async append(stream, facts) {
      let written: Promise<boolean> | undefined
      for (const fact of facts) written = put(stream, fact)
      await written
      if (waitsFor === 'flushed') await table.flushed
    },
    close: () => env.close(),
  }
}

export interface Emmett {
  /** `on`: a commit waits for the disk, as an append to the log does. `off`: it does not. */
  open(synchronousCommit: 'on' | 'off'): Promise<Store>
  stop(): Promise<void>
}

/** Emmett on the PostgreSQL that veza starts; undefined when it is not installed. */
export async function startEmmett(folder: string): Promise<Emmett | undefined> {
  if (!existsSync(peers)) return undefined
  const { getPostgreSQLEventStore } = (await import(new URL('dist/index.js', peers).href)) as {
    getPostgreSQLEventStore: (connection: string) => {
      appendToStream(stream: string, events: unknown[]): Promise<unknown>
      close(): Promise<void>
    }
  }
  const logger = pino({ level: 'silent' })
  const postgres = await startEmbeddedPostgres({ dataDir: folder, logger })
  const { host, user, database } = postgres.connection
  return {
    async open(synchronousCommit) {
      const query = new URLSearchParams({
        host,
        options: `-c synchronous_commit=${synchronousCommit}`,
      })
      // A plus sign is no space to PostgreSQL.
      const text = query.toString().replaceAll('+', '%20')
      const store = getPostgreSQLEventStore(`postgresql://${user}@/${database}?${text}`)
      const event = ({ type, data, meta }: NewFact) => ({ type, data, metadata: meta })
      await store.appendToStream('room-first', [event(newFact())])
      return {
        append: (stream, facts) => store.appendToStream(stream, facts.map(event)),
        close: () => store.close(),
      }
    },
    async stop() {
      // The peer's pool gives its connections back later, and throws when their server is gone.
      process.on('uncaughtException', (cause: Error & { code?: string }) => {
        if (cause.code !== ADMIN_SHUTDOWN) throw cause
      })
      await postgres.stop()
    },
  }
}
