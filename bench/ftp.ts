import { mkdtemp, rm } from 'node:fs/promises'
import { createReadStream, createWriteStream } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { pathToFileURL } from 'node:url'

import { startFtp } from '#test/conformance/ftp-fixture.ts'

/**
 * MiB/s of FTP uploads and downloads in plain, one stream and ten, against a floor measured in
 * the same run: a Node socket piped to and from a file, with no protocol, log or checksum.
 * The client's bytes come from and go to a worker thread, over loopback.
 *
 *     node bench/ftp.ts [MiB a stream, default 512] [folder, default the system's temporary one]
 */
const MIB = 1024 * 1024
const ROUNDS = 5
const sizeBytes = Number(process.argv[2] ?? 512) * MIB
const parent = process.argv[3] ?? tmpdir()

const workerUrl = new URL('./ftp-peer.ts', import.meta.url)

/** Sends `bytes` to, or reads until the end from, each port; resolves when all are done. */
function peers(direction: 'send' | 'take', ports: readonly number[], bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl, { workerData: { direction, ports, bytes } })
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
}

async function floor(folder: string, streams: number): Promise<Figures> {
  const bytes = Math.floor(sizeBytes / streams)
  let n = 0
  const ended = Promise.withResolvers<void>()
  let left = streams
  const over = (): void => void (--left === 0 && ended.resolve())
  const path = (): string => join(folder, `floor-${n++}`)
  const serve = async (handle: (socket: Socket) => void): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }
  const portOf = (server: Server): number => (server.address() as { port: number }).port
  const up = await serve((socket) => {
    socket.pipe(createWriteStream(path())).on('finish', () => {
      socket.end()
      over()
    })
  })
  const upMs = await timed(async () => {
    const ports = Array.from({ length: streams }, () => portOf(up))
    await Promise.all([peers('send', ports, bytes), ended.promise])
  })
  up.close()
  n = 0
  const down = await serve((socket) => void createReadStream(path()).pipe(socket))
  const downMs = await timed(() =>
    peers(
      'take',
      Array.from({ length: streams }, () => portOf(down)),
      bytes,
    ),
  )
  down.close()
  return { up: rate(bytes * streams, upMs), down: rate(bytes * streams, downMs) }
}

async function veza(
  folder: string,
  streams: number,
  durability: 'fsync' | 'none',
): Promise<Figures> {
  const bytes = Math.floor(sizeBytes / streams)
  const ftp = await startFtp({ dataDir: folder, durability })
  await ftp.system.addMember({ name: 'ana' })
  const clients = await Promise.all(Array.from({ length: streams }, () => ftp.login()))
  const release = `/incoming/Bench-${streams}-${durability}`
  await clients[0]!.say(`MKD ${release}`, '257')
  const run = async (verb: 'STOR' | 'RETR'): Promise<number> => {
    const ports: number[] = []
    for (const client of clients) {
      ports.push(Number(/\|\|\|(\d+)\|/.exec(await client.say('EPSV', '229'))![1]))
    }
    return await timed(async () => {
      const replies = clients.map(async (client, index) => {
        await client.say(`${verb} ${release}/file-${index}`, '150')
        await client.expect('226')
      })
      await Promise.all([peers(verb === 'STOR' ? 'send' : 'take', ports, bytes), ...replies])
    })
  }
  const up = rate(bytes * streams, await run('STOR'))
  const down = rate(bytes * streams, await run('RETR'))
  await Promise.all(clients.map((client) => client.close()))
  await ftp.gateway.stop(0)
  await ftp.system.stop()
  return { up, down }
}

interface Figures {
  readonly up: number
  readonly down: number
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

const rate = (bytes: number, ms: number): number => bytes / MIB / (ms / 1_000)
const shown = (value: number, base: number): string =>
  `${value.toFixed(0).padStart(6)} MiB/s  ${(value / base).toFixed(2)} of the floor`

export async function benchFtp(): Promise<void> {
  console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`)
  console.log(`${sizeBytes / MIB} MiB in all for each figure, below ${parent}`)
  for (const streams of [1, 10]) {
    const rounds: Record<string, Figures[]> = { floor: [], none: [], fsync: [] }
    // In turns, so that a machine that slows down slows all alike; the first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      const measured = {
        floor: await inFolder((folder) => floor(folder, streams)),
        none: await inFolder((folder) => veza(folder, streams, 'none')),
        fsync: await inFolder((folder) => veza(folder, streams, 'fsync')),
      }
      if (round === 0) continue
      for (const [name, figures] of Object.entries(measured)) rounds[name]!.push(figures)
    }
    for (const direction of ['up', 'down'] as const) {
      const middle = (name: string): number => median(rounds[name]!.map((each) => each[direction]))
      const base = middle('floor')
      const name = `${direction} x${streams}`
      console.log(`${name} floor    ${base.toFixed(0).padStart(6)} MiB/s`)
      for (const durability of ['none', 'fsync']) {
        console.log(`${name} ${durability.padEnd(8)} ${shown(middle(durability), base)}`)
      }
    }
  }
}

/** A folder for one measurement: what one has written must not fill the memory of the next. */
async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'veza-bench-'))
  try {
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await benchFtp()
