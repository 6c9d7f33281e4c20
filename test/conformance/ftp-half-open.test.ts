import type { Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { SiteFile, SiteFiles } from '#events/site-files.ts'
import { type FtpClient, openClient, sendAll } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const MIB = 1024 ** 2
const BIG_BYTES = 24 * MIB
const CONNECT_MS = 30_000
const STALL_MS = 120_000

let clock: ManualClock
let system: TestSystem
let ftp: FtpFixture
let ana: FtpClient
let crowd: FtpClient[]
let sockets: Socket[]
/** Bytes that the site has read from its disk. */
let readBytes: number

/** Time stands still unless a test has it go on. */
beforeEach(async () => {
  clock = createManualClock()
  system = await createTestSystem({ clock })
  for (const name of ['ana', 'eve']) await system.addMember({ name })
  readBytes = 0
  crowd = []
  sockets = []
  ftp = await startFtp({ system, wrapFiles: countReads })
  ana = await ftp.login('ana')
  await ana.say('MKD /incoming/R', '257')
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all([ana, ...crowd].map((client) => client.close()))
  await ftp.stop()
  await system.stop()
})

const countReads = (files: SiteFiles): SiteFiles => ({
  ...files,
  async open(location) {
    const file = await files.open(location)
    return file && counted(file)
  },
})

function counted(file: SiteFile): SiteFile {
  return new Proxy(file, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (key !== 'read') return typeof value === 'function' ? value.bind(target) : value
      return async (...args: Parameters<SiteFile['read']>) => {
        const bytes = await target.read(...args)
        readBytes += bytes
        return bytes
      }
    },
  })
}

/** Time stands still: that the client is alive, it says itself. */
async function store(client: FtpClient, file: string, content: string | Buffer): Promise<void> {
  const data = await client.passive()
  await client.say(`STOR /incoming/R/${file}`, '150')
  await sendAll(data, content)
  client.write('NOOP\r\n')
  const replies = [await client.read(), await client.read()].map((reply) => reply?.slice(0, 3))
  expect(new Set(replies)).toEqual(new Set(['200', '226']))
}

async function expectServed(round: string): Promise<void> {
  await store(ana, `${round}.bin`, round)
  expect((await ana.retrieve(`RETR /incoming/R/${round}.bin`)).content.toString()).toBe(round)
  expect(await ana.list('NLST /incoming/R')).toContain(`${round}.bin`)
}

async function loginFrom(localAddress: string): Promise<FtpClient> {
  const client = await openClient(ftp.port, { localAddress })
  crowd.push(client)
  await client.expect('220')
  await client.say('USER eve', '331')
  await client.say('PASS password', '230')
  await client.say('TYPE I', '200')
  return client
}

/** Resolves when nothing happens any more by itself. */
async function settled(look: () => number): Promise<number> {
  for (let last = -1, same = 0; ;) {
    await new Promise((resolve) => setImmediate(resolve))
    same = look() === last ? same + 1 : 0
    if (same > 200) return last
    last = look()
  }
}

describe('two hundred half-open data connections', () => {
  test('keep nobody else from being served, and end when their time is over', async () => {
    await store(ana, 'there.bin', 'there')
    const clients = await Promise.all(
      Array.from({ length: 200 }, (_, n) => loginFrom(`127.0.1.${(n % 100) + 1}`)),
    )
    // To the ports of one half nobody comes; by those of the other nothing is sent.
    const isEmpty = (n: number): boolean => n % 2 === 0
    await Promise.all(
      clients.map(async (client, n) => {
        if (isEmpty(n)) await client.say('EPSV', '229')
        else sockets.push(await client.passive())
        const verb = n % 4 === 0 ? 'RETR /incoming/R/there.bin' : `STOR /incoming/R/held-${n}.bin`
        await client.say(verb, '150')
      }),
    )
    await expectServed('during')
    clock.advance(CONNECT_MS)
    await Promise.all(clients.filter((_, n) => isEmpty(n)).map((client) => client.expect('425')))
    await expectServed('later')
    clock.advance(STALL_MS - CONNECT_MS)
    await Promise.all(clients.filter((_, n) => !isEmpty(n)).map((client) => client.expect('426')))
    // What they held is free, and they may go on.
    await store(ana, 'held-1.bin', 'free again')
    await clients[0]!.say('NOOP', '200')
    await expectServed('after')
    expect((await ftp.files.staged()).length).toBe(0)
  })

  test('in their TLS handshakes are given up, too', async () => {
    const clients = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const client = await ftp.loginSecured('eve')
        crowd.push(client)
        sockets.push(await client.passive())
        await client.say('NLST', '150')
        return client
      }),
    )
    await expectServed('during')
    clock.advance(CONNECT_MS)
    await Promise.all(clients.map((client) => client.expect('425')))
    await expectServed('after')
  })

  test('of one client after the other leave no port open', async () => {
    const client = await loginFrom('127.0.1.1')
    const ports: number[] = []
    for (let n = 0; n < 200; n++) {
      const reply = await client.say('EPSV', '229')
      ports.push(Number(/\|\|\|(\d+)\|/.exec(reply)![1]))
    }
    const last = ports.pop()!
    const held = new Set([last])
    // One port may have been given twice: then it is the last one's.
    for (const port of ports.filter((each) => !held.has(each)).slice(-20)) {
      const late = await openClient(port, { localAddress: '127.0.1.1' })
      expect(await late.read()).toBeUndefined()
    }
    await expectServed('after')
  })
})

describe('a reader that takes nothing', () => {
  test('has so much read for it as buffers hold, and is dropped after the stall limit', async () => {
    await store(ana, 'big.bin', Buffer.alloc(BIG_BYTES, 1))
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, n) => loginFrom(`127.0.2.${n + 1}`)),
    )
    const unread = await Promise.all(
      clients.map(async (client) => {
        const data = await client.passive()
        data.pause()
        sockets.push(data)
        await client.say('RETR /incoming/R/big.bin', '150')
        return data
      }),
    )
    // What the system holds for a connection, and three pieces here.
    expect(await settled(() => readBytes)).toBeLessThan(10 * 12 * MIB)
    await expectServed('during')
    clock.advance(STALL_MS)
    await Promise.all(clients.map((client) => client.expect('426')))
    await expectServed('after')
    for (const data of unread) data.destroy()
  })
})
