import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Registry } from 'prom-client'
import { generate } from 'selfsigned'
import { afterEach } from 'vitest'

import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { createEventStoreGateway } from '#gateways/eventstoredb/server.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import {
  createEventStoreLog,
  type EventStoreLogOptions,
} from '#infra/eventstoredb/event-store-log.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { createTestSystem, type TestSystem } from '#test/harness.ts'

/**
 * EventStoreDB notes when it has taken an event, and another program's event has no other time.
 * The suite's facts are of this time.
 */
const serverClock: Clock = { ...systemClock, now: () => 1_700_000_000_000 }

export const PASSWORD = 'password'

/** A server that speaks EventStoreDB's protocol, over a log of its own. */
export interface DoorServer {
  readonly port: number
  /** With a siteop's name and password. */
  readonly url: string
  /** Of another user, or with other options. */
  urlFor(user: string, options?: string): string
  /** Cuts all connections. The log stays. */
  kill(): Promise<void>
  /** Listens on the same port again. */
  restart(): Promise<void>
  /** Ends it with its log and all its files. */
  dispose(): Promise<void>
  /** Puts another log behind it, at the next restart. */
  use(log: EventLog): void
}

let accounts: Promise<TestSystem> | undefined

/** Members `root`, a siteop, and `bob`, who is nobody. Their accounts are in a log of their own. */
async function accountsOnce(): Promise<TestSystem> {
  const system = await createTestSystem()
  await system.addMember({ name: 'root', flags: '13', password: PASSWORD })
  await system.addMember({ name: 'bob', password: PASSWORD })
  return system
}

export async function startDoorServer(log: EventLog, isTls = false): Promise<DoorServer> {
  const system = await (accounts ??= accountsOnce())
  const folder = await mkdtemp(join(tmpdir(), 'veza-door-'))
  const tls = isTls ? await makeCertificate(folder) : undefined
  let current = log
  const listen = async (port: number) => {
    const deps = { ...system, log: current, clock: serverClock, registry: new Registry() }
    const gateway = createEventStoreGateway(deps, {
      host: '127.0.0.1',
      port,
      allowsWrites: true,
      ...(tls && { tls }),
    })
    return { gateway, ...(await gateway.start()) }
  }
  let running = await listen(0)
  const { port } = running
  const query = isTls ? `tls=true&tlsCAFile=${encodeURIComponent(tls!.file)}` : 'tls=false'
  const urlFor = (user: string, options = query) =>
    `esdb://${user}@localhost:${port}?${options}&gossipTimeout=1`
  return {
    port,
    url: urlFor(`root:${PASSWORD}`),
    urlFor,
    kill: () => running.gateway.stop(0),
    async restart() {
      running = await listen(port)
    },
    async dispose() {
      await running.gateway.stop(0)
      await current.close()
      await rm(folder, { recursive: true, force: true })
    },
    use(log) {
      current = log
    },
  }
}

async function makeCertificate(folder: string) {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  const file = join(folder, 'ca.pem')
  await writeFile(file, made.cert)
  return { cert: made.cert, key: made.private, file }
}

/** The driver, with short pauses. */
export function openDriver(
  url: string,
  options: Partial<EventStoreLogOptions> = {},
): Promise<EventLog> {
  return createEventStoreLog({ url, clock: systemClock, deadlineMs: 5_000, ...options })
}

export const openMemory = async (): Promise<EventLog> => createMemoryEventLog()

/** An LMDB log in a folder that goes when it is closed for good. */
export async function lmdbFolder(): Promise<{ open(): EventLog; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'veza-log-'))
  return {
    open: () => createLmdbEventLog({ path, clock: systemClock }),
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

/** Servers and drivers that are ended after each test of the file that calls this. */
export function perTestServers() {
  const open: { dispose(): Promise<unknown> }[] = []
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each.dispose()
  })
  return {
    async startServer(isTls = false): Promise<DoorServer> {
      const server = await startDoorServer(await openMemory(), isTls)
      open.push(server)
      return server
    },
    async connect(...args: Parameters<typeof openDriver>): Promise<EventLog> {
      const log = await openDriver(...args)
      open.push({ dispose: () => log.close() })
      return log
    },
    atEnd: (dispose: () => Promise<unknown>) => void open.push({ dispose }),
  }
}

/** A server of nothing, which keeps the connections that it takes. */
export async function listen(): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { server, port: (server.address() as { port: number }).port, sockets }
}

/** A port at which nobody listens any more. */
export async function deadPort(): Promise<number> {
  const { server, port } = await listen()
  await new Promise((resolve) => server.close(resolve))
  return port
}
