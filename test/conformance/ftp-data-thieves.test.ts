import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type FtpClient, openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

/** Where somebody else is; the members' clients are at 127.0.0.1. */
const THIEF = '127.0.0.2'
const SECRET = 'content that a member alone may have'

let ftp: FtpFixture
let ana: FtpClient
beforeAll(async () => {
  ftp = await startFtp({ limits: { sessionsPerAddress: 1_000 } })
  for (const name of ['ana', 'eve']) await ftp.system.addMember({ name })
  ana = await ftp.login('ana')
  await ana.say('MKD /incoming/R', '257')
  await ana.store('/incoming/R/a.bin', SECRET)
})
afterAll(async () => {
  await ana.close()
  await ftp.stop()
})

async function portOf(client: FtpClient, command = 'EPSV'): Promise<number> {
  const reply = await client.say(command, '22')
  const [, extended] = /\|\|\|(\d+)\|/.exec(reply) ?? []
  if (extended !== undefined) return Number(extended)
  const [high, low] = /,(\d+),(\d+)\)/.exec(reply)!.slice(1).map(Number) as [number, number]
  return high * 256 + low
}

interface Steal {
  readonly socket: Socket
  readonly got: () => string
  /** Resolves when it has been sent away. */
  readonly gone: Promise<unknown>
}

async function steal(port: number, from = THIEF, says = ''): Promise<Steal> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  let text = ''
  socket.on('error', () => {}).on('data', (chunk) => (text += String(chunk)))
  const gone = new Promise((resolve) => socket.once('close', resolve))
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), gone])
  if (says !== '') socket.write(says)
  return { socket, got: () => text, gone }
}

describe('who takes the port of another before it does', () => {
  test.each(['PASV', 'EPSV'])('gets nothing, and the member gets the file: %s', async (command) => {
    const port = await portOf(ana, command)
    const thieves = await Promise.all(
      Array.from({ length: 40 }, (_, n) => steal(port, `127.0.0.${2 + (n % 100)}`)),
    )
    const own = await steal(port, '127.0.0.1')
    await ana.say('RETR /incoming/R/a.bin', '150')
    await ana.expect('226')
    await own.gone
    expect(own.got()).toBe(SECRET)
    for (const thief of thieves) {
      await thief.gone
      expect(thief.got()).toBe('')
    }
  })

  test('and sends what it likes, has nothing of it taken', async () => {
    const port = await portOf(ana)
    const thief = await steal(port, THIEF, 'bytes of the thief')
    const own = await steal(port, '127.0.0.1')
    await ana.say('STOR /incoming/R/b.bin', '150')
    own.socket.end('bytes of the member')
    await ana.expect('226')
    await thief.gone
    const { content } = await ana.retrieve('RETR /incoming/R/b.bin')
    expect(content.toString()).toBe('bytes of the member')
  })

  test('comes while the transfer waits for its own, which is still waited for', async () => {
    const port = await portOf(ana)
    await ana.say('RETR /incoming/R/a.bin', '150')
    const thief = await steal(port)
    await thief.gone
    expect(await ana.say('STAT', '213')).toContain('waiting for the data connection')
    const own = await steal(port, '127.0.0.1')
    await ana.expect('226')
    await own.gone
    expect([own.got(), thief.got()]).toEqual([SECRET, ''])
  })

  test('finds the port closed when the member has come', async () => {
    const port = await portOf(ana)
    const own = await steal(port, '127.0.0.1')
    await ana.say('RETR /incoming/R/a.bin', '150')
    await ana.expect('226')
    await own.gone
    const late = await steal(port)
    await late.gone
    expect(late.got()).toBe('')
  })

  test('by asking for a port as another member gets nothing of the first', async () => {
    const eve = await openClient(ftp.port, { localAddress: THIEF })
    await eve.expect('220')
    await eve.say('USER eve', '331')
    await eve.say('PASS password', '230')
    const port = await portOf(ana)
    await eve.say(`PORT 127,0,0,1,${port >> 8},${port & 255}`, '504')
    await eve.say('RETR /incoming/R/a.bin', '425')
    await eve.close()
    const own = await steal(port, '127.0.0.1')
    await ana.say('RETR /incoming/R/a.bin', '150')
    await ana.expect('226')
    await own.gone
    expect(own.got()).toBe(SECRET)
  })

  test('cannot guess the next one: ports do not follow each other', async () => {
    const ports: number[] = []
    for (let n = 0; n < 12; n++) ports.push(await portOf(ana))
    const steps = new Set(ports.slice(1).map((port, n) => port - ports[n]!))
    expect(steps.size).toBeGreaterThan(2)
  })
})

describe('a bounce', () => {
  let victim: Server
  let visitors = 0
  beforeAll(async () => {
    victim = createServer((socket) => {
      visitors++
      socket.on('error', () => {}).destroy()
    })
    await once(victim.listen({ port: 0, host: '127.0.0.3' }), 'listening')
  })
  afterAll(() => void victim.close())

  const victimPort = () => (victim.address() as { port: number }).port
  const ports = () => `${victimPort() >> 8},${victimPort() & 255}`

  const targets: [name: string, command: () => string][] = [
    ['another address', () => `PORT 127,0,0,3,${ports()}`],
    ['another address, with zeros before', () => `PORT 127,000,00,3,${ports()}`],
    ['another address, extended', () => `EPRT |1|127.0.0.3|${victimPort()}|`],
    ['another address, with other bars', () => `EPRT !1!127.0.0.3!${victimPort()}!`],
    ['another address as IPv6', () => `EPRT |2|::ffff:127.0.0.3|${victimPort()}|`],
    ['another address as IPv6, in hex', () => `EPRT |2|::ffff:7f00:3|${victimPort()}|`],
    ['one that is all addresses', () => `PORT 0,0,0,0,${ports()}`],
    ['one that is nowhere', () => `EPRT |1|255.255.255.255|${victimPort()}|`],
    ['a machine of the network', () => `PORT 10,0,0,1,${ports()}`],
    ['where clouds tell secrets', () => 'PORT 169,254,169,254,4,210'],
    ['a name', () => `EPRT |1|localhost|${victimPort()}|`],
    ['a number', () => `EPRT |1|2130706435|${victimPort()}|`],
    ['an octal number', () => `EPRT |1|0177.0.0.3|${victimPort()}|`],
    ['more than a byte has', () => `PORT 127,0,0,259,${ports()}`],
    ['less than nothing', () => `PORT 127,0,0,-253,${ports()}`],
    ['too few numbers', () => 'PORT 127,0,0,3,200'],
    ['a port past the last', () => 'EPRT |1|127.0.0.1|70000|'],
  ]
  for (const port of [0, 1, 22, 25, 80, 1_023]) {
    targets.push([`its own service at ${port}`, () => `PORT 127,0,0,1,${port >> 8},${port & 255}`])
    targets.push([`its own service at ${port}, extended`, () => `EPRT |1|127.0.0.1|${port}|`])
  }

  test.each(targets)('to %s does not happen', async (_, command) => {
    const client = await ftp.login('ana')
    await client.say(command(), '5')
    for (const transfer of ['RETR /incoming/R/a.bin', 'STOR /incoming/R/c.bin']) {
      await client.say(transfer, '425')
    }
    expect(['425', '150']).toContain((await client.say('LIST')).slice(0, 3))
    await client.close()
    expect(visitors).toBe(0)
  })
})
