import { request } from 'node:http'
import { connect } from 'node:net'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'

import pg from 'pg'

import { createLmdbVault } from '#infra/lmdb/lmdb-vault.ts'
import { findEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { masterKeyFile } from '#infra/seals/key-file.ts'
import { openSeals } from '#infra/seals/open-seals.ts'
import { parseWrapped, SUBJECT_KEYS, unwrap } from '#infra/seals/subject-key.ts'
import { allEntries } from '#test/all-entries.fixture.ts'

export interface Asked {
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** A client of HTTP who comes from the given address of this machine. */
export function httpFrom(localAddress: string, port: number) {
  return (method: string, path: string, { headers = {}, body }: Asked = {}) =>
    new Promise<{ status: number; body: any; headers: Record<string, unknown> }>(
      (resolve, reject) => {
        const json = body === undefined ? {} : { 'content-type': 'application/json' }
        const options = { host: '127.0.0.1', port, path, method, localAddress, agent: false }
        const sent = request({ ...options, headers: { ...json, ...headers } }, (response) => {
          const isJson = String(response.headers['content-type']).includes('json')
          const { statusCode = 0, headers: answered } = response
          textOf(response)
            .then((body) => (isJson ? (JSON.parse(body) as unknown) : body))
            .then((body) => resolve({ status: statusCode, body, headers: answered }))
            .catch(reject)
        })
        sent.on('error', reject)
        sent.end(body === undefined ? undefined : JSON.stringify(body))
      },
    )
}

/** A client of a protocol of lines: says them all, and answers once a line matches. */
export async function linesFrom(localAddress: string, port: number) {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  return {
    async until(pattern: RegExp): Promise<string> {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`the connection ended before ${pattern}`)
        if (pattern.test(value)) return value
      }
    },
    say: (...words: readonly string[]) => void socket.write(`${words.join('\r\n')}\r\n`),
    ended: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    end: () => void socket.destroy(),
  }
}

/** The bytes of every file in a folder, as one text in which ASCII can be looked for. */
export async function bytesOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  // PostgreSQL removes files of its own meanwhile.
  const missing = (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    return Buffer.alloc(0)
  }
  const bytes = files.map((file) => readFile(join(file.parentPath, file.name)).catch(missing))
  return Buffer.concat(await Promise.all(bytes)).toString('latin1')
}

/** Every row of every table that is not PostgreSQL's own. */
export async function rowsOf(dataDir: string): Promise<string> {
  const client = new pg.Client(await findEmbeddedPostgres(dataDir))
  await client.connect()
  try {
    const { rows: tables } = await client.query(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema !~ '^(pg_|information_schema$)'`,
    )
    const texts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query(`select t::text as row from ${name} t`)
      texts.push(`${name}: ${rows.map(({ row }) => row).join('\n')}`)
    }
    return texts.join('\n')
  } finally {
    await client.end()
  }
}

/** A copy of a folder of LMDB or the like, which goes with the test. */
export async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'veza-copy-'))
  await cp(folder, copy, { recursive: true })
  return copy
}

const FIELDS = ['email', 'real-name', 'mask', 'remote', 'totp']

/**
 * What somebody reads who has the vault and the master key of today, and texts with sealed ones
 * in them: all plain texts, and the tags of the candidates under every key that is left.
 */
export async function readWith(
  vaultFolder: string,
  masterKey: string,
  text: string,
  candidates: readonly string[],
) {
  const vault = createLmdbVault(await copyOf(vaultFolder))
  const masterKeys = masterKeyFile(masterKey)
  try {
    const subjects = (await allEntries(vault, SUBJECT_KEYS))
      .filter(({ secret }) => secret !== 'forgotten')
      .map(({ key }) => key.slice(SUBJECT_KEYS.length))
    const seals = await openSeals({ vault, masterKeys, clock: systemClock })
    const opened: string[] = []
    const sealed = new Set(text.match(/\bv1\.[\w-]{16}\.[\w-]{16}\.[\w-]{22,}/g) ?? [])
    for (const each of sealed) {
      for (const subject of subjects) {
        for (const field of FIELDS) {
          const plain = await seals.unseal(subject, field, each).catch(() => undefined)
          if (plain !== undefined) opened.push(plain)
        }
      }
    }
    const tagging = subjects.flatMap((subject) =>
      candidates.map((each) => [subject, each] as const),
    )
    const tags = await Promise.all(tagging.map(([subject, each]) => seals.tag(subject, each)))
    return {
      subjects,
      sealed: sealed.size,
      opened,
      tagsFound: tags.filter((tag) => text.includes(tag)),
    }
  } finally {
    await vault.close()
  }
}

/** Whose keys in an older copy of the vault still open with the master keys of today. */
export async function unwrappable(vaultFolder: string, masterKey: string): Promise<string[]> {
  const masters = await masterKeyFile(masterKey).read()
  const vault = createLmdbVault(await copyOf(vaultFolder))
  try {
    const entries = await allEntries(vault, SUBJECT_KEYS)
    return entries.flatMap(({ key, secret }) => {
      const subject = key.slice(SUBJECT_KEYS.length)
      const wrapped = parseWrapped(subject, secret)
      return masters.some((master) => {
        try {
          return wrapped && unwrap(subject, wrapped, master)
        } catch {
          return false
        }
      })
        ? [subject]
        : []
    })
  } finally {
    await vault.close()
  }
}

export const removeAll = (folders: readonly string[]) =>
  Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
