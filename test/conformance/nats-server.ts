import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { systemClock } from '#infra/clock/system-clock.ts'
import { connectNats, type Nats, type NatsOptions } from '#infra/nats/connect-nats.ts'

/** Debian installs it where only the superuser's path leads. */
const PROGRAM = ['/usr/sbin/nats-server', '/usr/local/bin/nats-server', '/usr/bin/nats-server']

export const NATS_TOKEN = 'test-token'

/** A nats-server of a test's own, with JetStream. */
export interface NatsServer {
  readonly url: string
  /** As a power cut would, but for what the system still writes. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same store. */
  restart(): Promise<void>
  /** The same, but with a store that has lost everything. */
  restartEmpty(): Promise<void>
  /** Ends it and removes its folder. */
  dispose(): Promise<void>
}

export async function startNatsServer(config = ''): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'veza-nats-'))
  let { child, port } = await launch(folder, -1, config)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    async restart() {
      ;({ child } = await launch(folder, port, config))
    },
    async restartEmpty() {
      await rm(join(folder, 'jetstream'), { recursive: true })
      ;({ child } = await launch(folder, port, config))
    },
    async dispose() {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Starts it and resolves when it takes connections. */
async function launch(
  folder: string,
  port: number,
  config: string,
): Promise<{ child: ChildProcess; port: number }> {
  const file = join(folder, 'server.conf')
  const settings = [
    `listen: "127.0.0.1:${port}"`,
    `authorization { token: "${NATS_TOKEN}" }`,
    `jetstream { store_dir: ${JSON.stringify(folder)} }`,
    config,
  ]
  await writeFile(file, settings.join('\n'))
  const program = PROGRAM.find((path) => existsSync(path)) ?? 'nats-server'
  const child = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  // A test that fails may leave it behind.
  const orphaned = () => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  child.once('exit', () => process.off('exit', orphaned))
  const recent: string[] = []
  const listensAt = /Listening for client connections on [^ ]*:(\d+)/
  let taken = port
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`nats-server ended: ${recent.join('\n')}`)))
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (recent.push(line) > 20) recent.shift()
      taken = Number(listensAt.exec(line)?.[1] ?? taken)
      if (line.includes('Server is ready')) resolve()
    })
  })
  return { child, port: taken }
}

/** Connects as veza does; what is reported goes nowhere unless it is asked for. */
export function connectTo({ url }: NatsServer, options: Partial<NatsOptions> = {}): Promise<Nats> {
  return connectNats({
    url,
    token: NATS_TOKEN,
    name: 'test',
    clock: systemClock,
    report: () => {},
    ...options,
  })
}
