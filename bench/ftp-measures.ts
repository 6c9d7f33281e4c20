import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'

import { cpuSeconds } from '#bench/ftp-cpu.ts'
import { fileName, type MeasuredServer } from '#bench/ftp-peers.ts'
import type { FtpTold, FtpWork } from '#bench/ftp.client.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** The client's process: does one thing after the other. */
export class BenchClient {
  readonly #process: ChildProcess = fork(new URL('ftp.client.ts', import.meta.url))

  async ask(work: FtpWork): Promise<FtpTold> {
    this.#process.send(work)
    const [told] = (await once(this.#process, 'message')) as [FtpTold & { failure?: string }]
    if (told.failure !== undefined) throw new Error(`${work.kind}: ${told.failure}`)
    return told
  }

  /** Logs in so many times, does it, and says goodbye. */
  async within<T>(
    { account }: MeasuredServer,
    count: number,
    isSecured: boolean,
    run: () => Promise<T>,
  ): Promise<T> {
    await this.ask({ kind: 'open', account, count, isSecured })
    try {
      return await run()
    } finally {
      await this.ask({ kind: 'close' })
    }
  }

  close(): void {
    this.#process.disconnect()
  }
}

export interface TransferFigures {
  readonly mibPerSecond: number
  readonly cpuPerGib: number
}

export interface TransferCell {
  readonly streams: number
  readonly isSecured: boolean
  /** Of all streams together. */
  readonly sizeBytes: number
  /** A file in memory with at least as many. */
  readonly source: string
}

let releases = 0

/** Uploads, then downloads of the same files. They are deleted, so that all find the same memory. */
export async function measureTransfers(
  client: BenchClient,
  server: MeasuredServer,
  { streams, isSecured, sizeBytes, source }: TransferCell,
): Promise<Record<'up' | 'down', TransferFigures>> {
  return await client.within(server, streams, isSecured, async () => {
    const folder = await freshFolder(client, server)
    const paths = Array.from({ length: streams }, (_, n) => `${folder}/${fileName(n)}`)
    const run = async (verb: 'STOR' | 'RETR'): Promise<TransferFigures> => {
      const bytes = Math.floor(sizeBytes / streams)
      const before = cpuSeconds(server.pid)
      const { ms } = await client.ask({ kind: 'transfer', verb, paths, bytes, source })
      const cpu = cpuSeconds(server.pid) - before
      const moved = bytes * streams
      return { mibPerSecond: moved / MIB / (ms / 1_000), cpuPerGib: cpu / (moved / GIB) }
    }
    const up = await run('STOR')
    const down = await run('RETR')
    for (const path of paths) {
      if (server.files !== undefined) rmSync(path.replace(server.path, server.files))
      else await client.ask({ kind: 'say', line: `DELE ${path}`, start: '250' })
    }
    return { up, down }
  })
}

async function freshFolder(client: BenchClient, server: MeasuredServer): Promise<string> {
  if (server.files !== undefined) return server.path
  const folder = `${server.path}/A.Release-${++releases}`
  await client.ask({ kind: 'say', line: `MKD ${folder}`, start: '257' })
  return folder
}

/** A directory with so many small files: its path as clients see it. */
export async function fillFolder(
  client: BenchClient,
  server: MeasuredServer,
  count: number,
): Promise<string> {
  const path = `${server.path}/A.Release-of-${count}`
  if (server.files !== undefined) {
    const folder = join(server.files, `A.Release-of-${count}`)
    mkdirSync(folder, { mode: 0o755 })
    for (let n = 0; n < count; n++) writeFileSync(join(folder, fileName(n)), `file ${n}`)
    return path
  }
  return await client.within(server, 10, false, async () => {
    await client.ask({ kind: 'say', line: `MKD ${path}`, start: '257' })
    await client.ask({ kind: 'fill', path, count })
    return path
  })
}

export async function measureLogins(
  client: BenchClient,
  { account }: MeasuredServer,
  count: number,
  ms: number,
): Promise<number> {
  return perSecond(await client.ask({ kind: 'logins', account, count, ms }))
}

/** Checks of a password a second, by argon2 alone, with veza's own parameters and threads. */
export async function measureArgon2(count: number, ms: number): Promise<number> {
  const passwords = createArgon2Passwords()
  const hash = await passwords.hash('password')
  const endAt = performance.now() + ms
  let checks = 0
  const one = async (): Promise<void> => {
    while (performance.now() < endAt) {
      await passwords.verify(hash, 'password')
      checks++
    }
  }
  await Promise.all(Array.from({ length: count }, one))
  await passwords.close()
  return checks / (ms / 1_000)
}

export async function measureLists(
  client: BenchClient,
  server: MeasuredServer,
  { path, count, rows, ms }: { path: string; count: number; rows: number; ms: number },
): Promise<number> {
  return await client.within(server, count, false, async () =>
    perSecond(await client.ask({ kind: 'lists', path, rows, ms })),
  )
}

export interface PollFigures {
  readonly perSecond: number
  readonly p99Ms: number
}

export async function measurePolls(
  client: BenchClient,
  server: MeasuredServer,
  polling: { path: string; count: number; perSecond: number; ms: number },
): Promise<PollFigures> {
  const { path, ms } = polling
  return await client.within(server, polling.count, false, async () => {
    const told = await client.ask({ kind: 'polls', path, ms, perSecond: polling.perSecond })
    const sorted = told.latencies!.toSorted((a, b) => a - b)
    return { perSecond: perSecond(told), p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }
  })
}

const perSecond = ({ count, ms }: FtpTold): number => count / (ms / 1_000)
