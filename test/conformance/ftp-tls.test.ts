import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect as connectPlain, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect, createSecureContext, type SecureVersion, TLSSocket } from 'node:tls'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import { watchCertificate } from '#infra/tls/watch-certificate.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { type FtpClient, openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

let ftp: FtpFixture
beforeAll(async () => {
  ftp = await startFtp({ tlsPort: 0 })
  await ftp.system.addMember({ name: 'ana' })
  const ana = await ftp.login()
  await ana.say('MKD /incoming/Tls-A', '257')
  await ana.store('/incoming/Tls-A/a.bin', 'content of a')
  await ana.close()
})
afterAll(() => ftp.stop())

async function passivePort(client: FtpClient, command = 'EPSV'): Promise<number> {
  const answer = await client.say(command)
  const [, port] = /\|\|\|(\d+)\|/.exec(answer) ?? []
  if (port !== undefined) return Number(port)
  const [high, low] = /,(\d+),(\d+)\)/.exec(answer)!.slice(1).map(Number) as [number, number]
  return high * 256 + low
}

async function dataTo(port: number): Promise<Socket> {
  const data = connectPlain({ port, host: '127.0.0.1' })
  await once(data, 'connect')
  return data
}

async function textOf(data: Socket): Promise<string> {
  let text = ''
  for await (const chunk of data) text += String(chunk)
  return text
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s', (version: SecureVersion) => {
  const options = { rejectUnauthorized: false, minVersion: version, maxVersion: version } as const

  /** A control connection, and the session that a client would resume. */
  const secured = async (): Promise<{ control: TLSSocket; session: Buffer }> => {
    const socket = connectPlain({ port: ftp.port, host: '127.0.0.1' })
    await once(socket, 'data')
    socket.write('AUTH TLS\r\n')
    await once(socket, 'data')
    const control = connect({ socket, ...options })
    const session = once(control, 'session')
    await once(control, 'secureConnect')
    for (const line of ['USER ana', 'PASS password', 'PBSZ 0', 'PROT P']) await say(control, line)
    return { control, session: (await session)[0] as Buffer }
  }
  const say = async (control: TLSSocket, line: string): Promise<string> => {
    control.write(`${line}\r\n`)
    return String((await once(control, 'data'))[0])
  }

  test.each([true, false])('a data connection may resume the session: %s', async (resumes) => {
    const { control, session } = await secured()
    const port = Number(/\|\|\|(\d+)\|/.exec(await say(control, 'EPSV'))![1])
    const socket = await dataTo(port)
    await say(control, 'RETR /incoming/Tls-A/a.bin')
    const data = connect({ socket, ...options, ...(resumes && { session }) })
    await once(data, 'secureConnect')
    expect(data.isSessionReused()).toBe(resumes)
    expect(data.getProtocol()).toBe(version)
    expect(await textOf(data)).toBe('content of a')
    control.destroy()
  })
})

test('what is older than TLS 1.2 is refused', async () => {
  const socket = connectPlain({ port: ftp.port, host: '127.0.0.1' })
  await once(socket, 'data')
  socket.write('AUTH TLS\r\n')
  await once(socket, 'data')
  const ciphers = 'DEFAULT@SECLEVEL=0'
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers } as const
  const control = connect({ socket, rejectUnauthorized: false, ...old })
  const [cause] = (await once(control, 'error').catch((error: unknown) => [error])) as [Error]
  expect(cause.message).toMatch(/alert protocol version/)
})

describe('where TLS comes first', () => {
  test('the greeting is secure, and data connections are, without PROT', async () => {
    const client = await openClient(ftp.tlsPort!, { isImplicit: true })
    await client.expect('220')
    await client.say('AUTH TLS', '503')
    await client.say('USER ana', '331')
    await client.say('PASS password', '230')
    const socket = await dataTo(await passivePort(client))
    await client.say('RETR /incoming/Tls-A/a.bin', '150')
    const data = connect({ socket, rejectUnauthorized: false })
    expect(await textOf(data)).toBe('content of a')
    await client.expect('226')
    await client.say('PROT C', '200')
    expect((await client.retrieve('RETR /incoming/Tls-A/a.bin')).content.toString()).toBe(
      'content of a',
    )
    await client.close()
  })

  test('who says nothing is sent away', async () => {
    const own = await startFtp({ tlsPort: 0, limits: { idleTimeoutMs: 50 } })
    const socket = connectPlain({ port: own.tlsPort!, host: '127.0.0.1' })
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk)))
    await once(socket, 'close')
    expect(text).toBe('')
    await own.stop()
  })

  test('who speaks in clear is sent away, and that is recorded', async () => {
    const socket = connectPlain({ port: ftp.tlsPort!, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.write('USER ana\r\n')
    await once(socket.resume(), 'close')
    const reasons = []
    for await (const { type, data } of ftp.system.log.readAll({ kinds: ['connection'] })) {
      if (type === 'connection.closed') reasons.push((data as { reason: string }).reason)
    }
    expect(reasons).toContain('tls-failed')
  })
})

describe('this side begins TLS as its client', () => {
  const asServer = async (socket: Socket): Promise<TLSSocket> => {
    const secureContext = createSecureContext(
      await loadCertificate({ dataDir: ftp.dataDir, now: Date.now() }),
    )
    return new TLSSocket(socket, { isServer: true, secureContext })
  }

  test.each([
    ['CPSV', undefined],
    ['EPSV', 'SSCN ON'],
  ])('%s after %s', async (command, before) => {
    const client = await ftp.loginSecured()
    if (before) await client.say(before, '200')
    const socket = await dataTo(await passivePort(client, command))
    await client.say('RETR /incoming/Tls-A/a.bin', '150')
    expect(await textOf(await asServer(socket))).toBe('content of a')
    await client.expect('226')
    // CPSV holds for one transfer, SSCN until it is switched off.
    if (before) await client.say('SSCN OFF', '200')
    const next = await dataTo(await passivePort(client))
    await client.say('RETR /incoming/Tls-A/a.bin', '150')
    expect(await textOf(connect({ socket: next, rejectUnauthorized: false }))).toBe('content of a')
    await client.expect('226')
    await client.close()
  })
})

describe('a new certificate', () => {
  const serial = async (port: number): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }

  test.each(['SIGHUP', 'its files change'])('is shown from then on, when %s', async (when) => {
    const own = await startFtp({ tlsPort: 0 })
    await own.system.addMember({ name: 'ana' })
    const first = await loadCertificate({ dataDir: own.dataDir, now: Date.now() })
    const changed = Promise.withResolvers<void>()
    const faults: unknown[] = []
    const watching = watchCertificate(own.dataDir, first, {
      // One that stands still never comes to look at the files.
      clock: when === 'SIGHUP' ? createManualClock() : systemClock,
      changed(pair) {
        own.gateway.useCertificate(pair)
        changed.resolve()
      },
      report: (cause) => faults.push(cause),
    })
    const before = await serial(own.tlsPort!)
    const client = await own.loginSecured()

    const other = await startFtp()
    const { cert, key } = await loadCertificate({ dataDir: other.dataDir, now: Date.now() })
    await writeFile(join(own.dataDir, 'tls', 'key.pem'), key)
    await watching.reload()
    expect(String(faults)).toContain('do not belong together')
    expect(await serial(own.tlsPort!)).toBe(before)
    await writeFile(join(own.dataDir, 'tls', 'cert.pem'), cert)
    if (when === 'SIGHUP') process.emit('SIGHUP')
    await changed.promise

    expect(await serial(own.tlsPort!)).not.toBe(before)
    // Who was in stays in.
    await client.say('NOOP', '200')
    expect(await readFile(join(own.dataDir, 'tls', 'cert.pem'), 'utf8')).toBe(cert)
    watching.stop()
    await client.close()
    await Promise.all([own.stop(), other.stop()])
  })
})
