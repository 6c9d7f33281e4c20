import { readdir, readFile, utimes } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { crc32 } from 'node:zlib'

import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { DiskTrouble, type SiteFiles } from '#events/site-files.ts'
import { type FtpClient, sendAll } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let clock: ManualClock
let system: TestSystem
let errors: { msg: string; err: { stack: string } }[]
let ftp: FtpFixture
let ana: FtpClient

/** Time stands still: whatever ends a wait is what the test does. */
beforeEach(async () => {
  clock = createManualClock()
  errors = []
  const logger = pino(
    { level: 'error' },
    { write: (line) => void errors.push(JSON.parse(line) as (typeof errors)[number]) },
  )
  system = { ...(await createTestSystem({ clock })), logger }
  await system.addMember({ name: 'ana' })
})
afterEach(async () => {
  await ana.close()
  await ftp.stop()
  await system.stop()
})

async function start(wrapFiles: (files: SiteFiles) => SiteFiles = (files) => files): Promise<void> {
  ftp = await startFtp({ system, wrapFiles })
  ana = await ftp.login()
  await ana.say('MKD /incoming/R', '257')
  await ana.say('CWD /incoming/R', '250')
}

async function raceFacts(): Promise<string[]> {
  const types = []
  for await (const { type } of system.log.readAll({ kinds: ['race'] })) types.push(type)
  return types
}

async function uploadOver(): Promise<void> {
  while ((await raceFacts()).at(-1) === 'race.upload-started') {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const trouble = (problem: 'full' | 'failed' = 'failed') =>
  new DiskTrouble(problem, Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))

describe('an accepted file that cannot be put in its place', () => {
  let failures: number
  let tries: number
  const failing =
    (fail: () => Promise<boolean>) =>
    (files: SiteFiles): SiteFiles => ({
      ...files,
      place: (...args) => (tries++ < failures ? fail() : files.place(...args)),
    })
  beforeEach(() => {
    tries = 0
  })

  /** The server waits between its tries: time goes on until it has said something. */
  async function storeInTime(): Promise<string> {
    let reply: string | undefined
    void ana.store('a.bin', 'abc').then((last) => (reply = last))
    while (reply === undefined) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(10)
    }
    return reply
  }

  test('is tried again', async () => {
    failures = 2
    await start(failing(() => Promise.reject(trouble())))
    expect(await storeInTime()).toMatch(/^226/)
    expect(await readFile(ftp.sitePath('incoming', 'R', 'a.bin'), 'utf8')).toBe('abc')
    expect(await readdir(ftp.stagingPath())).toEqual([])
  })

  test.each([
    ['fails', 'an hour later', () => Promise.reject(trouble())],
    ['finds nothing', 'by the next start', () => Promise.resolve(false)],
  ])('stays staged when placing %s, is reported, and is placed %s', async (_, end, fail) => {
    failures = Infinity
    await start(failing(fail))
    expect(await storeInTime()).toMatch(/^451 The file is accepted/)
    expect(tries).toBeGreaterThan(1)
    expect(errors.map(({ err }) => err.stack)).toEqual([
      expect.stringMatching(/is accepted and not in its place[^]*caused by/),
    ])
    expect(await raceFacts()).toContain('race.file-accepted')
    expect(await raceFacts()).not.toContain('race.upload-aborted')
    const [staged] = await readdir(ftp.stagingPath())
    expect(await readFile(ftp.stagingPath(staged!), 'utf8')).toBe('abc')

    // Neither a start on the same disk nor its age takes it away.
    await utimes(ftp.stagingPath(staged!), 0, 0)
    await ftp.site.settle()
    const before = tries
    const cancel = ftp.site.expirePartials((cause) => expect.unreachable(String(cause)))
    while (tries === before) await new Promise((resolve) => setImmediate(resolve))
    expect(await readdir(ftp.stagingPath())).toEqual([staged])
    failures = 0
    if (end === 'an hour later') clock.advance(3_600_000)
    else await ftp.site.settle()
    cancel()
    while ((await readdir(ftp.stagingPath())).length > 0);
    expect(await readFile(ftp.sitePath('incoming', 'R', 'a.bin'), 'utf8')).toBe('abc')
    expect(await readdir(ftp.stagingPath())).toEqual([])
  })
})

describe('a client that dies in the middle of an upload', () => {
  test('has its upload aborted, with what came kept for resuming', async () => {
    await start()
    const data = await ana.passive()
    await ana.say('STOR a.bin', '150')
    await sendAll(data, 'abc')
    await ana.close()
    await uploadOver()
    const again = await ftp.login()
    expect((await raceFacts()).at(-1)).toBe('race.upload-aborted')
    await again.say('SIZE /incoming/R/a.bin', '213 3')
    await again.close()
  })

  test('is known by half a goodbye, too', async () => {
    await start()
    const data = await ana.passive()
    await ana.say('STOR a.bin', '150')
    await sendAll(data, 'abc')
    ana.socket.end()
    await uploadOver()
    expect((await raceFacts()).at(-1)).toBe('race.upload-aborted')
  })

  test('is known over TLS, where its last words are missing', async () => {
    await start()
    await ana.close()
    ana = await ftp.loginSecured()
    const plain = await ana.passive()
    ana.write('STOR /incoming/R/a.bin\r\n')
    const data = connectTls({ socket: plain, rejectUnauthorized: false })
    data.on('error', () => {})
    await new Promise((resolve) => data.once('secureConnect', resolve))
    await ana.expect('150')
    await new Promise<void>((resolve) => data.write('abc', () => resolve()))
    while (!(await ana.say('STAT', '213')).includes(' 3 bytes'));
    const ended = new Promise((resolve) => data.once('end', resolve))
    data.resume()
    plain.end()
    await ended
    await ana.close()
    await uploadOver()
    expect((await raceFacts()).at(-1)).toBe('race.upload-aborted')
  })

  test('is not mistaken for one that lives: it says something, or time passes', async () => {
    await start()
    const first = await ana.passive()
    await ana.say('STOR a.bin', '150')
    await sendAll(first, 'abc')
    ana.write('NOOP\r\n')
    await ana.expect('200')
    await ana.expect('226')
    const second = await ana.passive()
    await ana.say('STOR b.bin', '150')
    await sendAll(second, 'abc')
    let reply: string | undefined
    void ana.read().then((last) => (reply = last))
    while (reply === undefined) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(10)
    }
    expect(reply).toMatch(/^226/)
  })

  test('is of no matter when the checksum says that all is here: nothing is waited for', async () => {
    await start()
    const sfv = await ana.passive()
    await ana.say('STOR x.sfv', '150')
    await sendAll(sfv, `a.bin ${crc32('abc').toString(16).padStart(8, '0')}\r\n`)
    ana.write('NOOP\r\n')
    await ana.expect('200')
    await ana.expect('226')
    expect(await ana.store('a.bin', 'abc')).toMatch(/^226/)
  })
})

test('after a failed upload the rest is taken and dropped, so that the reply is read', async () => {
  await start((files) => ({
    ...files,
    async stage(name) {
      const staged = await files.stage(name)
      return { ...staged, write: () => Promise.reject(trouble('full')) }
    },
  }))
  const data = await ana.passive()
  await ana.say('STOR a.bin', '150')
  const outcome = new Promise((resolve) => {
    data.once('error', resolve)
    data.once('finish', () => resolve('all sent'))
  })
  data.resume()
  data.end(Buffer.alloc(16_000_000))
  await ana.expect('452 The disk of the site is full')
  expect(await outcome).toBe('all sent')
})

describe('a data connection in its TLS handshake', () => {
  /** Connected, and silent where a TLS client would say hello. */
  async function silent(): Promise<Socket> {
    await start()
    await ana.close()
    ana = await ftp.loginSecured()
    const data = await ana.passive()
    await ana.say('NLST', '150')
    return data
  }

  test('is given up for ABOR', async () => {
    const data = await silent()
    const closed = new Promise((resolve) => data.once('close', resolve))
    await ana.say('ABOR', '425 Aborted by the client')
    await ana.expect('226')
    await closed
  })

  test('is given up when the session ends', async () => {
    const data = await silent()
    const closed = new Promise((resolve) => data.once('close', resolve))
    await ana.close()
    await closed
  })

  test('is given up when the server stops', async () => {
    await silent()
    const stopped = ftp.gateway.stop(0)
    clock.advance(0)
    await stopped
    await ana.expect('421')
  })
})

describe('a full disk', () => {
  const full = (files: SiteFiles): SiteFiles => ({
    ...files,
    keepIntent: (id, intent) =>
      isFull ? Promise.reject(trouble('full')) : files.keepIntent(id, intent),
  })
  let isFull: boolean
  beforeEach(() => {
    isFull = false
  })

  test('lets files and directories go, and nothing be made', async () => {
    await start(full)
    await ana.say('MKD CD1', '257')
    const data = await ana.passive()
    await ana.say('STOR CD1/a.bin', '150')
    await sendAll(data, 'abc')
    ana.write('NOOP\r\n')
    await ana.expect('200')
    await ana.expect('226')
    isFull = true
    await ana.say('MKD CD2', '452')
    await ana.say('DELE CD1/a.bin', '250')
    await ana.say('RMD CD1', '250')
    await ana.say('RMD /incoming/R', '250')
    expect(await readdir(ftp.sitePath('incoming'))).toEqual([])
  })

  test('is reported with its cause, once a second', async () => {
    await start(full)
    isFull = true
    for (let n = 0; n < 3; n++) await ana.say('MKD CD2', '452')
    expect(errors.map(({ err }) => err.stack)).toEqual([expect.stringContaining('EIO: i/o error')])
    clock.advance(1_000)
    await ana.say('MKD CD2', '452')
    expect(errors.length).toBe(2)
  })
})
