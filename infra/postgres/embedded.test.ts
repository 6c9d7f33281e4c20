import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { sql } from 'kysely'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openDatabase } from '#infra/postgres/database.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { probeSetpriv } from '#infra/postgres/launch.ts'
import { chooseOsUser, closedFolder } from '#infra/postgres/os-user.ts'
import { servesCluster } from '#infra/postgres/postmaster-file.ts'

const logger = pino({ level: 'silent' })
const TIMEOUT_MS = 60_000
const isRoot = process.geteuid?.() === 0
const standIn = await chooseOsUser()
const isClosedHere = standIn && (await closedFolder(import.meta.dirname, standIn)) !== undefined

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(os.tmpdir(), 'veza-embedded-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start(dataDir: string) {
  const postgres = await startEmbeddedPostgres({ dataDir, logger })
  const db = openDatabase<any>({ address: postgres.connection, logger })
  let isStopped = false
  const stop = async () => {
    if (isStopped) return
    isStopped = true
    await db.destroy()
    await postgres.stop()
  }
  onTestFinished(stop)
  return { connection: postgres.connection, db, stop }
}

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

describe('the embedded PostgreSQL', { timeout: TIMEOUT_MS }, () => {
  test('starts, for root as another user, behind a socket that is private', async () => {
    const dataDir = await temporaryFolder()
    const { db, connection } = await start(dataDir)
    const { rows } = await sql<{ user: string; encoding: string; listening: string }>`
      select current_user as "user", current_setting('server_encoding') as encoding,
        current_setting('listen_addresses') as listening`.execute(db)
    expect(rows).toEqual([{ user: 'veza', encoding: 'UTF8', listening: '' }])
    expect((await stat(connection.host)).mode & 0o777).toBe(0o700)
    expect((await stat(join(connection.host, '.s.PGSQL.5432'))).mode & 0o777).toBe(0o700)
    const { uid } = await stat(join(dataDir, 'postgres/cluster/PG_VERSION'))
    expect(uid === 0).toBe(false)
  })

  test('keeps its rows over a restart, and is found by others while it runs', async () => {
    const dataDir = await temporaryFolder()
    expect(await findEmbeddedPostgres(dataDir)).toBeUndefined()
    const first = await start(dataDir)
    await sql`create table kept (n int8)`.execute(first.db)
    await sql`insert into kept values (9007199254740991)`.execute(first.db)
    expect(await findEmbeddedPostgres(dataDir)).toEqual(first.connection)
    await first.stop()
    expect(await findEmbeddedPostgres(dataDir)).toBeUndefined()
    const second = await start(dataDir)
    const { rows } = await sql`select n from kept`.execute(second.db)
    expect(rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }])
  })

  test('refuses a second owner while the first lives', async () => {
    const dataDir = await temporaryFolder()
    await start(dataDir)
    await expect(startEmbeddedPostgres({ dataDir, logger })).rejects.toThrow(
      `process ${process.pid} is using the embedded PostgreSQL`,
    )
  })

  test('puts the socket elsewhere when its path would not fit into an address', async () => {
    const dataDir = join(await temporaryFolder(), 'x'.repeat(120))
    await mkdir(dataDir)
    const { connection, db, stop } = await start(dataDir)
    expect(connection.host.startsWith(dataDir)).toBe(false)
    expect((await stat(connection.host)).mode & 0o777).toBe(0o700)
    expect(await findEmbeddedPostgres(dataDir)).toEqual(connection)
    await sql`select 1`.execute(db)
    await stop()
    await expect(stat(connection.host)).rejects.toThrow('ENOENT')
  })

  test.skipIf(!isRoot || !probeSetpriv().capabilities)(
    'starts below a folder that only root may enter (needs root and setpriv)',
    async () => {
      const closed = await temporaryFolder()
      expect((await stat(closed)).mode & 0o777).toBe(0o700)
      const dataDir = join(closed, 'data')
      await mkdir(dataDir, { mode: 0o700 })
      const { db } = await start(dataDir)
      await sql`create table here (n int8)`.execute(db)
    },
  )

  test('makes the cluster anew when it is of another version', async () => {
    const dataDir = await temporaryFolder()
    const old = await start(dataDir)
    await sql`create table old (n int8)`.execute(old.db)
    await old.stop()
    await writeFile(join(dataDir, 'postgres/cluster/PG_VERSION'), '9\n')
    const { db } = await start(dataDir)
    const { rows } = await sql`select 1 from pg_tables where tablename = 'old'`.execute(db)
    expect(rows).toEqual([])
  })

  test('is started again when its process is killed', async () => {
    const dataDir = await temporaryFolder()
    const { db } = await start(dataDir)
    await sql`select 1`.execute(db)
    process.kill(await postmasterPid(dataDir), 'SIGKILL')
    await expect
      .poll(
        () =>
          sql`select 1 as n`.execute(db).then(
            ({ rows }) => rows,
            () => 'away',
          ),
        {
          timeout: TIMEOUT_MS / 2,
        },
      )
      .toEqual([{ n: 1 }])
  })

  test.skipIf(!probeSetpriv().deathSignal)(
    'dies with an owner that is killed (needs setpriv)',
    async () => {
      const dataDir = await temporaryFolder()
      const orphan = await orphanOf(dataDir, process.env['PATH']!)
      await expect.poll(() => serves(orphan, dataDir), { timeout: TIMEOUT_MS / 2 }).toBe(false)
      await expectReplaced(dataDir, orphan)
    },
  )

  // Without setpriv in its path, the owner cannot have the server die with it, nor lend it the
  // means to pass a closed folder.
  test.skipIf(isClosedHere)(
    'is shut down and replaced when it outlived its owner (needs a checkout that all may enter)',
    async () => {
      const dataDir = await temporaryFolder()
      await chmod(dataDir, 0o755)
      const orphan = await orphanOf(dataDir, join(dataDir, 'no-programs'))
      expect(await serves(orphan, dataDir)).toBe(true)
      await expectReplaced(dataDir, orphan)
    },
  )
})

/** The postmaster's process id after its owner was killed. */
async function orphanOf(dataDir: string, path: string): Promise<number> {
  const owner = await startOwner(dataDir, path)
  const orphan = await postmasterPid(dataDir)
  owner.kill('SIGKILL')
  await new Promise((resolve) => owner.once('exit', resolve))
  return orphan
}

const serves = (pid: number, dataDir: string): Promise<boolean> =>
  servesCluster(pid, join(dataDir, 'postgres/cluster'))

async function expectReplaced(dataDir: string, orphan: number): Promise<void> {
  const { db } = await start(dataDir)
  expect(await postmasterPid(dataDir)).not.toBe(orphan)
  expect(await serves(orphan, dataDir)).toBe(false)
  const { rows } = await sql`select n from left_behind`.execute(db)
  expect(rows).toEqual([{ n: 1 }])
}

/** Another process that runs the server, commits a row and goes on living. */
async function startOwner(dataDir: string, path: string) {
  const script = `
    import { sql } from 'kysely'
    import { pino } from 'pino'
    import { openDatabase } from '#infra/postgres/database.ts'
    import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
    const logger = pino({ level: 'silent' })
    const { connection } = await startEmbeddedPostgres({ dataDir: process.argv[1], logger })
    const db = openDatabase({ address: connection, logger })
    await sql\`create table left_behind (n int8)\`.execute(db)
    await sql\`set synchronous_commit = on\`.execute(db)
    await sql\`insert into left_behind values (1)\`.execute(db)
    console.log('ready')
  `
  const args = ['--input-type=module-typescript', '--no-warnings', '--eval', script, dataDir]
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', () => resolve())
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)))
  })
  return child
}
