import type { Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { AccountLimits } from '#events/account.facts.ts'
import { BIG_BYTES } from '#test/conformance/ftp-credits.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let clock: ManualClock
let system: TestSystem
let ftp: FtpFixture
let clients: FtpClient[]

beforeEach(async () => {
  clock = createManualClock()
  clients = []
  system = await createTestSystem({ clock })
  await system.addMember({ name: 'ana' })
  ftp = await startFtp({ system })
  const ana = await login('ana')
  await ana.say('MKD /incoming/R', '257')
})
afterEach(async () => {
  for (const client of clients) await client.close()
  await ftp.stop()
  await system.stop()
})

async function login(name: string): Promise<FtpClient> {
  const client = await ftp.login(name)
  clients.push(client)
  return client
}

async function addLimited(name: string, limits: Partial<AccountLimits>, flags = '3') {
  const { host, ids } = system
  await system.addMember({ name, flags })
  const context = { by: null, connection: null, commandId: ids.next() }
  const command = { type: 'account.set-limits', limits } as const
  await host.send({ kind: 'account', id: name }, command, context)
}

/** An upload that has begun: the socket takes its bytes. */
async function beginStore(client: FtpClient, file: string): Promise<Socket> {
  const data = await client.passive()
  await client.say(`STOR /incoming/R/${file}`, '150')
  return data
}

/** Time stands still: that the client is alive, it says itself. */
async function endStore(client: FtpClient, data: Socket): Promise<void> {
  const ended = new Promise((resolve) => data.once('end', resolve))
  data.resume()
  data.end('end')
  await ended
  await client.say('NOOP', '200')
  await client.expect('226')
}

/** Lets what sockets have to say be heard, until nothing changes any more. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

describe('simultaneous transfers', () => {
  test('are counted over all connections, each way for itself, and end with the bytes', async () => {
    await addLimited('bob', { uploadsMax: 1, downloadsMax: 1 })
    const [one, two] = [await login('bob'), await login('bob')]
    const up = await beginStore(one, 'a.bin')
    const refused = await two.store('/incoming/R/b.bin', 'b')
    expect(refused).toBe('550 You have 1 simultaneous upload: 1 at most.')
    await endStore(one, up)
    const again = await beginStore(two, 'b.bin')
    expect((await one.retrieve('RETR /incoming/R/a.bin')).reply).toMatch(/^226/)
    expect((await one.retrieve('RETR /incoming/R/a.bin')).reply).toMatch(/^226/)
    await endStore(two, again)
    expect(await system.registry.metrics()).toContain(
      'veza_site_refused_transfers_total{direction="upload",reason="too-many-transfers"} 1',
    )
  })

  test('are freed by what is broken off, never begins, or is refused', async () => {
    await addLimited('bob', { uploadsMax: 1 })
    const bob = await login('bob')
    const data = await beginStore(bob, 'a.bin')
    await bob.say('ABOR', '426')
    await bob.expect('226')
    data.destroy()
    await bob.say('EPSV', '229')
    await bob.say('STOR /incoming/R/b.bin', '150')
    await bob.say('ABOR', '425')
    await bob.expect('226')
    for (const path of ['/incoming/nothing/a.bin', '/a.bin']) {
      expect(await bob.store(path, 'a')).toMatch(/^55/)
    }
    await endStore(bob, await beginStore(bob, 'c.bin'))
    expect(await bob.store('/incoming/R/c.bin', 'c')).toMatch(/^553/)
    await endStore(bob, await beginStore(bob, 'd.bin'))
  })

  test('none at all with 0; no limit with flag 4', async () => {
    await addLimited('none', { uploadsMax: 0 })
    await addLimited('exempt', { uploadsMax: 0 }, '34')
    const none = await login('none')
    expect(await none.store('/incoming/R/a.bin', 'a')).toMatch(/^550 .* simultaneous uploads/)
    const exempt = await login('exempt')
    await endStore(exempt, await beginStore(exempt, 'a.bin'))
  })
})

describe('speed', () => {
  const RATE = 64 * 1024

  test('of downloads: so many bytes a second of the clock, by all of them together', async () => {
    const ana = clients[0]!
    const up = await beginStore(ana, 'a.bin')
    await new Promise<void>((resolve) => up.write(Buffer.alloc(RATE * 4), () => resolve()))
    await endStore(ana, up)
    await addLimited('bob', { downloadBytesPerSecondMax: RATE })
    let received = 0
    const begin = async () => {
      const bob = await login('bob')
      const data = await bob.passive()
      data.on('data', (chunk: Buffer) => (received += chunk.length))
      await bob.say('RETR /incoming/R/a.bin', '150')
    }
    await begin()
    await begin()
    for (let second = 1; second <= 6; second++) {
      // In small steps: a chunk is let go when its time has come, and the next is then counted.
      for (let ms = 0; ms < 1_000; ms += 125) {
        const before = received
        clock.advance(125)
        await until(() => received > before)
        expect(received).toBeLessThanOrEqual(((second - 1) * 1_000 + ms + 125) * (RATE / 1_000))
      }
      expect(received).toBe(RATE * second)
    }
  })

  test('of uploads: what comes too fast waits with the sender', async () => {
    await addLimited('bob', { uploadBytesPerSecondMax: RATE })
    const bob = await login('bob')
    const data = await beginStore(bob, 'a.bin')
    data.write(Buffer.alloc(BIG_BYTES))
    let before = 0
    for (let second = 1; second <= 4; second++) {
      await until(async () => (await receivedBytes()) > before)
      before = await receivedBytes()
      // A chunk that has come is taken; the next one waits for its time.
      expect(before).toBeLessThanOrEqual(RATE * second + RATE)
      clock.advance(1_000)
    }
    await bob.say('ABOR', '426')
    data.destroy()
  })

  test('what is held back is neither a stall nor idle', async () => {
    await addLimited('bob', { uploadBytesPerSecondMax: 100 })
    const bob = await login('bob')
    const data = await beginStore(bob, 'a.bin')
    data.write(Buffer.alloc(50_000))
    await until(async () => (await receivedBytes()) > 0)
    clock.advance(450_000)
    await bob.say('NOOP', '200')
    await bob.say('ABOR', '426')
    data.destroy()
  })
})

async function receivedBytes(): Promise<number> {
  const metrics = await system.registry.getSingleMetricAsString('veza_ftp_received_bytes_total')
  return Number(/ (\d+)$/m.exec(metrics)![1])
}

describe('idle time', () => {
  test.each([
    ['as the account says', { idleTimeoutMs: 60_000 }, '3', 60_000],
    ['longer than the others', { idleTimeoutMs: 3_600_000 }, '3', 3_600_000],
    ['as for all where the account says nothing', {}, '3', 900_000],
  ])('%s', async (_, limits, flags, idleMs) => {
    await addLimited('bob', limits, flags)
    const bob = await login('bob')
    clock.advance(idleMs - 1)
    await bob.say('NOOP', '200')
    clock.advance(idleMs - 1)
    await bob.say('NOOP', '200')
    clock.advance(idleMs)
    await bob.expect('421')
  })

  test.each([
    ['0', { idleTimeoutMs: 0 }, '3'],
    ['flag I', { idleTimeoutMs: 60_000 }, '3I'],
  ])('for ever: %s', async (_, limits, flags) => {
    await addLimited('bob', limits, flags)
    const bob = await login('bob')
    clock.advance(90 * 86_400_000)
    await bob.say('NOOP', '200')
  })
})

describe('a refused dupe', () => {
  test.each([
    [0, []],
    [1, ['X-DUPE: a.rar b.rar']],
    [3, ['X-DUPE: a.rar', 'X-DUPE: b.rar']],
  ])('with SITE XDUPE %i', async (mode, lines) => {
    const ana = clients[0]!
    await ana.say('MKD /incoming/R/CD1', '257')
    for (const file of ['a.rar', 'b.rar', 'CD1/c.rar']) {
      await endStore(ana, await beginStore(ana, file))
    }
    await ana.say(`SITE XDUPE ${mode}`, '200')
    const reply = await ana.store('/incoming/R/a.rar', 'again')
    expect(reply).toMatch(/^553[- ]/)
    expect(reply.match(/X-DUPE: .*/g) ?? []).toEqual(lines)
    expect(reply.split('\n').at(-1)).toMatch(/^553 .*(exists|uploaded by)/)
  })

  test('is known by race clients while the file is still being uploaded by another', async () => {
    const ana = clients[0]!
    await addLimited('bob', {})
    const bob = await login('bob')
    await endStore(ana, await beginStore(ana, 'a.rar'))
    const data = await beginStore(ana, 'b.rar')
    expect(await bob.store('/incoming/R/b.rar', 'b')).toBe('553 b.rar is being uploaded by ana.')
    await bob.say('SITE XDUPE 3', '200')
    const reply = await bob.store('/incoming/R/b.rar', 'b')
    expect(reply.match(/X-DUPE: .*/g)).toEqual(['X-DUPE: a.rar', 'X-DUPE: b.rar'])
    expect(reply).toMatch(/^553 .*uploaded by ana/m)
    await endStore(ana, data)
  })
})
