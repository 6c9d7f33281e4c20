import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import type { Logger } from 'pino'

import type { SocketConnection } from '#infra/postgres/embedded.ts'

/** The embedded server's socket, or any server's `postgres://…` address. */
export type DatabaseAddress = SocketConnection | { readonly url: string }

export interface DatabaseOptions {
  readonly address: DatabaseAddress
  readonly logger: Logger
  /** Connections at most; further queries wait. Default 10. */
  readonly maxConnections?: number
  /** A statement that takes longer is cancelled. Default 30,000; 0 for no limit. */
  readonly statementTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 10_000

/** Beyond the server's own limit, a server that no longer answers at all is given up. */
const ANSWER_GRACE_MS = 10_000

/**
 * Opens a pool of connections; none is made before the first query. `destroy()` closes it.
 * `int8` is read as a number: counts, bytes and milliseconds stay below 2^53.
 */
export function openDatabase<T>(options: DatabaseOptions): Kysely<T> {
  const { logger, statementTimeoutMs = 30_000 } = options
  const pool = new Pool({
    ...endpoint(options.address),
    application_name: 'veza',
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: { getTypeParser: parserOf },
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    }),
  })
  // A connection that breaks between two queries, idle or in a transaction, says so by an event
  // that would end veza if nobody heard it. The next query on it fails by itself.
  pool.on('connect', (client) => {
    client.on('error', (cause) => logger.warn({ err: cause }, 'a Postgres connection broke'))
  })
  pool.on('error', () => {})
  return new Kysely<T>({ dialect: new PostgresDialect({ pool }) })
}

function endpoint(address: DatabaseAddress): Record<string, unknown> {
  return 'url' in address ? { connectionString: address.url } : { ...address }
}

const INT8: number = types.builtins.INT8

type ParserOf = (oid: number, format?: 'text' | 'binary') => (value: string) => unknown

const builtInParserOf: ParserOf = types.getTypeParser

const parserOf: ParserOf = (oid, format) =>
  oid === INT8 && format !== 'binary' ? parseInt8 : builtInParserOf(oid, format)

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53`)
  return value
}
