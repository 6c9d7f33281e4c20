import { once } from 'node:events'
import { connect } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import { type FtpClient, openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const MIB = 1024 ** 2

let clock: ManualClock
let system: TestSystem
let ftp: FtpFixture
/** Somebody who wants nothing special. */
let ana: FtpClient

beforeEach(async () => {
  clock = createManualClock()
  system = await createTestSystem({ clock })
  await system.addMember({ name: 'ana' })
  await system.addMember({ name: 'eve' })
  ftp = await startFtp({ system })
  ana = await ftp.login('ana')
  await ana.say('MKD /incoming/R', '257')
  for (let n = 0; n < 50; n++) await ana.say(`MKD /incoming/R/directory-${n}`, '257')
})
afterEach(async () => {
  await ana.close()
  await ftp.stop()
  await system.stop()
})

async function expectServed(): Promise<void> {
  await ana.say('NOOP', '200')
  expect(await ana.say('STAT -l /incoming/R', '21')).toContain('directory-49')
  expect(await ana.list('NLST /incoming/R')).toContain('directory-0')
}

async function sessionsAre(count: number): Promise<void> {
  const metric = () => system.registry.getSingleMetricAsString('veza_ftp_sessions')
  while (!(await metric()).includes(`veza_ftp_sessions ${count}`)) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a flood of commands', () => {
  test.each(['STAT -l /incoming/R', 'NOOP', 'SITE HELP'])(
    'whose answers are not read stays with the sender: %s',
    async (command) => {
      const eve = await ftp.login('eve')
      eve.socket.pause()
      const line = `${command}\r\n`
      const flood = Buffer.from(line.repeat(Math.ceil((64 * MIB) / line.length)))
      eve.write(flood)
      for (let n = 0; n < 20; n++) await expectServed()
      // What is not with the sender any more is with the system: the server reads no further.
      expect(eve.socket.writableLength).toBeGreaterThan(48 * MIB)
      await eve.close()
      await sessionsAre(1)
    },
  )

  test('whose answers are read holds up nobody else', async () => {
    const eve = await ftp.login('eve')
    const COUNT = 5_000
    eve.write('STAT -l /incoming/R\r\n'.repeat(COUNT))
    let answered = 0
    const all = (async () => {
      for (; answered < COUNT; answered++) await eve.expect('21')
    })()
    for (let n = 0; n < 5; n++) await expectServed()
    expect(answered).toBeLessThan(COUNT)
    await all
    await eve.close()
  })

  test('by many at once holds up nobody else', async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, () => ftp.login('eve')))
    for (const one of crowd) {
      one.socket.pause()
      one.write('STAT -la /incoming/R\r\n'.repeat(100_000))
    }
    await expectServed()
    await Promise.all(crowd.map((one) => one.close()))
    await sessionsAre(1)
  })
})

describe('a line of 10 MB', () => {
  const LINE = Buffer.alloc(10 * MIB, 'x')

  test.each([
    ['before the login', () => ftp.connect()],
    ['after it', () => ftp.login('eve')],
    ['over TLS', () => ftp.loginSecured('eve')],
  ])('is answered once, and kept nowhere: %s', async (when, enter) => {
    const eve = await enter()
    if (when === 'before the login') await eve.expect('220')
    const before = process.memoryUsage().arrayBuffers
    const taken = new Promise((resolve) => eve.socket.write(LINE, resolve))
    await eve.expect('500 That line is too long')
    await taken
    // The line itself is the sender's, and is there before and after.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB)
    await expectServed()
    eve.write('\r\nNOOP\r\n')
    await eve.expect('200')
    await eve.close()
  })

  test('by fifty strangers at once holds up nobody', async () => {
    const crowd = await Promise.all(Array.from({ length: 50 }, () => ftp.connect()))
    for (const one of crowd) {
      await one.expect('220')
      one.write(LINE)
    }
    for (let n = 0; n < 5; n++) await expectServed()
    await Promise.all(crowd.map((one) => one.expect('500')))
    await Promise.all(crowd.map((one) => one.close()))
    await sessionsAre(1)
  })
})

describe('who is slow to log in', () => {
  let keeper: Awaited<ReturnType<typeof startDeadlineKeeper>>
  beforeEach(async () => {
    const report = (_: string, cause: unknown) => void system.faults.push(cause)
    keeper = await startDeadlineKeeper({ ...system, kinds: ['connection'], report })
  })
  afterEach(() => keeper.stop())

  /** Time goes on in small steps, in each of which the client says something. */
  async function drip(client: FtpClient, bytes: string, answer?: string): Promise<string> {
    for (let seconds = 0; seconds < 600 && !client.isClosed; seconds++) {
      client.write(bytes)
      const reply = answer === undefined ? undefined : await client.read()
      if (reply?.startsWith('421')) return reply
      clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return 'still here'
  }

  test.each([
    ['says NOOP now and then', 'NOOP\r\n', '200'],
    ['begins to log in again and again', 'USER eve\r\n', '331'],
  ])('and %s, is sent away when the time to log in is over', async (_, line, answer) => {
    const eve = await openClient(ftp.port)
    await eve.expect('220')
    expect(await drip(eve, line, answer)).toMatch(/^421 Your time to log in is over/)
    await sessionsAre(1)
  })

  test.each([
    ['byte for byte', 'U'],
    ['by empty telnet commands', '\u00ff'],
    ['not at all', ''],
  ])('and speaks %s, is sent away too', async (_, bytes) => {
    const eve = await openClient(ftp.port)
    await eve.expect('220')
    void drip(eve, bytes)
    await eve.expect('421')
    expect(await eve.read()).toBeUndefined()
    await sessionsAre(1)
  })

  test('and leaves the TLS handshake open, is cut off', async () => {
    const eve = await openClient(ftp.port)
    await eve.expect('220')
    await eve.say('AUTH TLS', '234')
    void drip(eve, '')
    expect(await eve.read()).toBeUndefined()
    await sessionsAre(1)
    // The socket goes when the time to take the last words is over: else the server would not stop.
    clock.advance(5_000)
  })

  test('makes room for members: a crowd that never logs in keeps nobody out', async () => {
    const sockets = Array.from({ length: 400 }, (_, n) =>
      connect({ port: ftp.port, host: '127.0.0.1', localAddress: `127.0.1.${(n % 200) + 1}` }),
    )
    for (const socket of sockets) socket.on('error', () => {}).resume()
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const member = await ftp.login('eve')
    await member.say('PWD', '257')
    await expectServed()
    await member.close()
    for (const socket of sockets) socket.destroy()
    await sessionsAre(1)
  })
})
