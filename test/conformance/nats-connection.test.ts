import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { connectNats } from '#infra/nats/connect-nats.ts'
import { createNatsBus } from '#infra/nats/nats-bus.ts'
import { NatsTrouble } from '#infra/nats/nats-trouble.ts'

import {
  connectTo,
  NATS_TOKEN,
  type NatsServer,
  startNatsServer,
} from '#test/conformance/nats-server.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

const failure = (run: Promise<unknown>) => run.catch((cause: unknown) => cause)

describe('a connection to NATS', () => {
  it('reads the server’s version', async () => {
    const nats = await connectTo(server)
    expect(nats.serverVersion()).toMatch(/^\d+\.\d+\.\d+/)
    expect(nats.isAtLeast('2.9.4')).toBe(true)
    expect(nats.isAtLeast('99.0.0')).toBe(false)
    expect(nats.isConnected()).toBe(true)
    await nats.close()
    expect(nats.isConnected()).toBe(false)
  })

  it.each([
    ['a wrong token', { token: 'wrong' }],
    ['none', { token: '' }],
  ])('is refused for %s, without telling it', async (_, options) => {
    const cause = await failure(connectTo(server, options))
    expect(cause).toBeInstanceOf(NatsTrouble)
    expect(cause).toMatchObject({ code: 'nats-unauthorized' })
    expect((cause as Error).message).not.toContain(NATS_TOKEN)
  })

  it('takes the token from the address, and does not show it', async () => {
    const connect = (token: string) =>
      connectNats({
        url: server.url.replace('//', `//${token}@`),
        name: 'test',
        clock: systemClock,
        report: () => {},
      })
    const nats = await connect(NATS_TOKEN)
    await nats.close()
    const cause = await failure(connect('s3cret'))
    expect(cause).toMatchObject({ code: 'nats-unauthorized' })
    expect((cause as Error).message).not.toContain('s3cret')
  })

  it('fails at once when nobody listens', async () => {
    const listener = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => listener.once('listening', resolve))
    const { port } = listener.address() as { port: number }
    await new Promise((resolve) => listener.close(resolve))
    const cause = await failure(connectTo({ ...server, url: `nats://127.0.0.1:${port}` }))
    expect(cause).toMatchObject({ code: 'nats-unreachable' })
  })

  it('takes the server that answers of several', async () => {
    const url = `nats://127.0.0.1:1,${server.url}`
    const nats = await connectTo({ ...server, url })
    expect(nats.isConnected()).toBe(true)
    await nats.close()
  })

  it('speaks TLS to an address that says so, to a server that it trusts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veza-nats-tls-'))
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
        { name: 'basicConstraints', cA: true },
      ],
    })
    await writeFile(join(folder, 'cert.pem'), cert)
    await writeFile(join(folder, 'key.pem'), key)
    const secure = await startNatsServer(
      `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
    )
    const address = { ...secure, url: secure.url.replace('nats:', 'tls:') }
    const nats = await connectTo(address, { ca: cert })
    expect(nats.connection.info?.tls_required).toBe(true)
    await nats.close()
    expect(await failure(connectTo(address))).toBeInstanceOf(NatsTrouble)
    // An address that asks for TLS never gets a connection without.
    const plain = { ...server, url: server.url.replace('nats:', 'tls:') }
    expect(await failure(connectTo(plain))).toBeInstanceOf(NatsTrouble)
    await secure.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  it('closes without a server, too', async () => {
    const fragile = await startNatsServer()
    const lost = Promise.withResolvers<unknown>()
    const nats = await connectTo(fragile, { report: lost.resolve })
    await fragile.kill()
    expect(await lost.promise).toMatchObject({ code: 'nats-unreachable' })
    await nats.close()
    expect(nats.connection.isClosed()).toBe(true)
    await fragile.dispose()
  })

  it('closes also when what is on its way out cannot be let out', async () => {
    const timers = new Set<() => void>()
    const reported: unknown[] = []
    const nats = await connectTo(server, {
      clock: {
        now: systemClock.now,
        after(_, run) {
          timers.add(run)
          return () => void timers.delete(run)
        },
      },
      report: (cause) => reported.push(cause),
    })
    // Somebody else drains it: a second time it cannot be.
    nats.connection.drain().catch(() => {})
    await nats.close()
    expect(nats.connection.isClosed()).toBe(true)
    expect(timers.size).toBe(0)
    expect(reported).toMatchObject([{ code: 'nats-closed' }])
  })
})

describe('a bus over NATS', () => {
  it('wants a server that takes the largest fact', async () => {
    const small = await startNatsServer('max_payload: 65536')
    const nats = await connectTo(small)
    expect(await failure(createNatsBus(nats))).toMatchObject({ code: 'nats-payload-too-large' })
    await nats.close()
    await small.dispose()
  })

  it('wants JetStream', async () => {
    const bare = await startNatsServer('jetstream: disabled')
    const nats = await connectTo(bare)
    expect(await failure(createNatsBus(nats))).toMatchObject({ code: 'nats-no-jetstream' })
    await nats.close()
    await bare.dispose()
  })

  it('gives a stream that is there the limits of now', async () => {
    const nats = await connectTo(server)
    const options = { stream: 'limits', prefix: 'limits', maxBytes: 1_000_000 }
    await createNatsBus(nats, options)
    await createNatsBus(nats, { ...options, maxBytes: 2_000_000, maxAgeMs: 3_600_000 })
    const manager = await nats.connection.jetstreamManager()
    const { config } = await manager.streams.info('limits')
    expect(config).toMatchObject({
      subjects: ['limits.>'],
      max_bytes: 2_000_000,
      max_age: 3_600_000 * 1e6,
      storage: 'file',
    })
    await nats.close()
  })
})
