import { connect } from 'node:net'

import type { HttpOptions } from '#gateways/http/server.ts'
import { createHttpGateway } from '#gateways/http/server.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

export interface HttpTestServer {
  readonly system: TestSystem
  readonly port: number
  stop(): Promise<void>
}

export interface HttpTestOptions extends Partial<HttpOptions> {
  readonly system?: TestSystem
  readonly readModels?: ReadModels
}

/** A live HTTP and WebSocket gateway over a system in memory; `root` is a siteop. */
export async function startHttp(options: HttpTestOptions = {}): Promise<HttpTestServer> {
  const { system = await createTestSystem(), readModels, ...http } = options
  await system.addMember({ name: 'alice' })
  await system.addMember({ name: 'bob' })
  await system.addMember({ name: 'root', flags: '13' })
  const gateway = createHttpGateway(
    { ...system, readModels: readModels ?? (undefined as never) },
    { host: '127.0.0.1', port: 0, ready: () => ({ ok: true, parts: {} }), ...http },
  )
  const { port } = await gateway.start()
  return {
    system,
    port,
    async stop() {
      await gateway.stop(2_000)
      await system.stop()
    },
  }
}

/** Makes facts of a race, one `race.directory-made` a call after the first. */
export function raceMaker({ host, ids }: TestSystem, id = ids.next()) {
  let made = 0
  const send = (command: object) =>
    host.send({ kind: 'race', id }, command as never, {
      by: 'alice',
      connection: null,
      commandId: ids.next(),
    })
  return {
    id,
    stream: `race-${id}`,
    create: () => send({ type: 'race.create', section: 'incoming', release: `Release-${id}` }),
    next: () => send({ type: 'race.make-directory', directory: `d${made++}` }),
  }
}

/** A socket of which a test sees the bytes, as text. */
export function openSocket(port: number) {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let isClosed = false
  let heard = () => {}
  socket.on('data', (data) => {
    received += data.toString('latin1')
    heard()
  })
  // A reset is an end like another: what came before counts.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) =>
    socket.on('close', () => {
      isClosed = true
      heard()
      resolve()
    }),
  )
  return {
    closed,
    send: (bytes: string | Buffer) => void socket.write(bytes),
    /** What has come, as soon as it fits; rejects when the socket closes before that. */
    async until(expected: RegExp): Promise<string> {
      for (;;) {
        if (expected.test(received)) return received
        if (isClosed) throw new Error(`closed after ${JSON.stringify(received)}`)
        await new Promise<void>((resolve) => (heard = resolve))
      }
    },
    end: () => void socket.destroy(),
  }
}

/** Basic credentials of a member of the fixture. */
export function basic(name: string): string {
  return `Basic ${Buffer.from(`${name}:password`).toString('base64')}`
}
