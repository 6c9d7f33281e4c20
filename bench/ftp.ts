/**
 * FTP side by side with pure-ftpd, vsftpd and proftpd, and with a bare Node server as the floor:
 * uploads, downloads, logins, listings and polling, over loopback, files in memory.
 *
 *     apt-get download pure-ftpd vsftpd proftpd-core proftpd-mod-crypto libwrap0 libhiredis0.14 \
 *       libmemcached11 libmemcachedutil2 libpcre2-posix3 libhashkit2
 *     for package in *.deb; do dpkg -x $package /tmp/peers; done
 *     BENCH_FTP_PEERS=/tmp/peers node bench/ftp.ts
 *
 * What is not there is skipped. BENCH_MIB (512), BENCH_RUNS (5), BENCH_SECONDS (3), and
 * BENCH_ONLY (transfers, logins, lists, polls) change what is done.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { loadCertificate } from '#infra/tls/certificate.ts'

import {
  BenchClient,
  fillFolder,
  measureArgon2,
  measureLists,
  measureLogins,
  measurePolls,
  measureTransfers,
  type PollFigures,
  type TransferFigures,
} from '#bench/ftp-measures.ts'
import { type MeasuredServer, PEERS, startPeer } from '#bench/ftp-peers.ts'
import { startFloor, startVeza } from '#bench/ftp-servers.ts'
import { median, printMachine } from '#bench/report.ts'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5)
const MS = Number(process.env['BENCH_SECONDS'] ?? 3) * 1_000
const SIZE_BYTES = Number(process.env['BENCH_MIB'] ?? 512) * 2 ** 20
const ONLY = process.env['BENCH_ONLY']?.split(',')
const MEMORY = '/dev/shm'
const LISTED = 10_000
const POLLED = 100
const FLOOR = 'node floor'
const VEZA = 'veza'

type ByServer<T> = Map<string, T>

async function startAll(folder: string): Promise<MeasuredServer[]> {
  const certificate = await loadCertificate({ dataDir: folder, now: Date.now() })
  const pem = join(folder, 'both.pem')
  writeFileSync(pem, `${certificate.cert.trimEnd()}\n${certificate.key}`, { mode: 0o600 })
  const servers: MeasuredServer[] = []
  const folderOf = (name: string): string => {
    mkdirSync(join(folder, name))
    return join(folder, name)
  }
  for (const name of Object.keys(PEERS)) {
    const started = await startPeer(name, { folder: folderOf(name), pem })
    if (typeof started === 'string') console.log(`${name.padEnd(12)} skipped: ${started}`)
    else servers.push(started)
  }
  servers.push(await startFloor({ folder: folderOf('floor'), pem }))
  servers.push(await startVeza())
  return servers
}

/** One line: veza's figure, and the others' with how many times as good it is. */
function print(cell: string, unit: string, figures: ByServer<number>, isLessBetter = false): void {
  const own = figures.get(VEZA)!
  const floor = figures.get(FLOOR)!
  const peers = [...figures].filter(([name]) => name !== VEZA && name !== FLOOR)
  const ratio = (other: number): string => (isLessBetter ? other / own : own / other).toFixed(2)
  const told = ([name, value]: readonly [string, number]): string =>
    `${name} ${shown(value)} (${ratio(value)})`
  const values = peers.map(([, value]) => value)
  const best = isLessBetter ? Math.min(...values) : Math.max(...values)
  const shown = (value: number): string => value.toFixed(value < 100 ? 2 : 0)
  const parts = [`${cell.padEnd(22)} veza ${shown(own).padStart(7)} ${unit}`]
  if (peers.length > 0) parts.push(`${ratio(best)} of the best`)
  const others = [...peers, [FLOOR, floor] as const].map(told)
  console.log(`${parts.join(', ')}: ${others.join(', ')}`)
}

/** Rounds in turns, so that a machine that slows down slows all alike. */
async function inTurns<T>(
  servers: readonly MeasuredServer[],
  rounds: number,
  measure: (server: MeasuredServer) => Promise<T>,
): Promise<ByServer<T[]>> {
  const all = new Map(servers.map(({ name }) => [name, [] as T[]]))
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) {
      try {
        all.get(server.name)?.push(await measure(server))
      } catch (cause) {
        if (server.name === VEZA || server.name === FLOOR) throw cause
        console.log(`${server.name.padEnd(12)} skipped here: ${String(cause)}`)
        all.delete(server.name)
      }
    }
  }
  return all
}

function medians<T>(all: ByServer<T[]>, of: (value: T) => number): ByServer<number> {
  return new Map([...all].map(([name, values]) => [name, median(values.map(of))]))
}

async function transfers(client: BenchClient, servers: readonly MeasuredServer[], folder: string) {
  const source = join(folder, 'source')
  writeFileSync(source, Buffer.alloc(SIZE_BYTES, 'veza'))
  for (const isSecured of [false, true]) {
    for (const streams of [1, 10]) {
      const cell = { streams, isSecured, sizeBytes: SIZE_BYTES, source }
      const measure = (server: MeasuredServer) => measureTransfers(client, server, cell)
      const all = await inTurns(servers, RUNS + 1, measure)
      // The first round warms up.
      for (const rounds of all.values()) rounds.shift()
      for (const way of ['up', 'down'] as const) {
        const name = `${way} x${streams} ${isSecured ? 'TLS' : 'plain'}`
        const of = (pick: (figures: TransferFigures) => number) =>
          medians(all, (each) => pick(each[way]))
        print(
          name,
          'MiB/s',
          of((each) => each.mibPerSecond),
        )
        print(
          '',
          'CPU s/GiB',
          of((each) => each.cpuPerGib),
          true,
        )
      }
    }
  }
  rmSync(source)
}

async function logins(client: BenchClient, servers: readonly MeasuredServer[]) {
  for (const count of [1, 10]) {
    const all = await inTurns(servers, 2, (server) => measureLogins(client, server, count, MS))
    print(
      `logins x${count}`,
      '/s',
      medians(all, (each) => each),
    )
    const checks = await measureArgon2(count, MS)
    console.log(`${' '.repeat(22)} argon2 alone, as veza uses it: ${checks.toFixed(0)} /s`)
  }
}

async function lists(client: BenchClient, servers: readonly MeasuredServer[]) {
  const paths = new Map<string, string>()
  for (const server of servers) {
    paths.set(server.name, await fillFolder(client, server, LISTED))
  }
  for (const count of [1, 10]) {
    const all = await inTurns(servers, 2, (server) =>
      measureLists(client, server, {
        path: paths.get(server.name)!,
        count,
        rows: LISTED,
        ms: MS,
      }),
    )
    print(
      `LIST of ${LISTED} x${count}`,
      '/s',
      medians(all, (each) => each),
    )
  }
}

async function polls(client: BenchClient, servers: readonly MeasuredServer[]) {
  const paths = new Map<string, string>()
  for (const server of servers) {
    paths.set(server.name, await fillFolder(client, server, POLLED))
  }
  for (const perSecond of [20, 1_000]) {
    const all = await inTurns(servers, 2, (server) =>
      measurePolls(client, server, {
        path: paths.get(server.name)!,
        count: 50,
        perSecond,
        ms: MS,
      }),
    )
    const wanted = perSecond === 20 ? '20 a second' : 'at full speed'
    const of = (pick: (figures: PollFigures) => number) => medians(all, pick)
    print(
      `STAT -l x50, ${wanted}`,
      '/s',
      of((each) => each.perSecond),
    )
    print(
      '',
      'ms p99',
      of((each) => each.p99Ms),
      true,
    )
  }
}

async function benchFtp(): Promise<void> {
  if (!existsSync(MEMORY)) return console.log(`skipped: there is no ${MEMORY} on this system`)
  process.env['TMPDIR'] = MEMORY
  printMachine('koffi')
  const folder = mkdtempSync(join(MEMORY, 'veza-bench-ftp-'))
  // The peers serve as nobody.
  chmodSync(folder, 0o755)
  const servers = await startAll(folder)
  const client = new BenchClient()
  const parts = { transfers, logins, lists, polls }
  try {
    for (const [name, run] of Object.entries(parts)) {
      if (!ONLY || ONLY.includes(name)) await run(client, servers, folder)
    }
  } finally {
    client.close()
    for (const server of servers) await server.stop()
    rmSync(folder, { recursive: true })
  }
}

await benchFtp()
