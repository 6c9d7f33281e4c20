import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DiskTrouble, type SiteFiles } from '#events/site-files.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

describe('bad input', () => {
  let ftp: FtpFixture
  beforeAll(async () => {
    ftp = await startFtp({ limits: { badCommands: 5, queuedLines: 8 } })
    await ftp.system.addMember({ name: 'ana' })
  })
  afterAll(() => ftp.stop())

  test('a line of a megabyte is refused once and forgotten', async () => {
    const client = await ftp.login()
    client.write(Buffer.alloc(1_000_000, 'x'))
    client.write('\r\nNOOP\r\n')
    await client.expect('500 That line is too long')
    await client.expect('200')
    await client.close()
  })

  test('garbage is refused until it is too much', async () => {
    const client = await ftp.login()
    for (let n = 0; n < 4; n++) await client.say('\u00ff garbage', '500')
    client.write(Buffer.from([0x80, 0x0a]))
    await client.expect('500').catch(() => {})
    const rest = [await client.read(), await client.read()]
    expect(rest.at(-1)).toBeUndefined()
    const noise = await openClient(ftp.port)
    await noise.expect('220')
    noise.write(randomBytes(200_000))
    for (let reply = await noise.read(); reply !== undefined; reply = await noise.read()) {
      expect(reply).toMatch(/^(500|530|421)/)
    }
  })

  test('more lines than are read ahead are all answered', async () => {
    const client = await ftp.login()
    client.write('NOOP\r\n'.repeat(1_000))
    for (let n = 0; n < 1_000; n++) await client.expect('200')
    await client.close()
  })

  test('a client that closes its side gets its answers', async () => {
    const client = await openClient(ftp.port)
    client.socket.end('USER ana\r\nPASS password\r\nPWD\r\n')
    for (const code of ['220', '331', '230', '257']) await client.expect(code)
    expect(await client.read()).toBeUndefined()
  })

  test('what is sent in clear along with AUTH TLS is not taken as secure', async () => {
    const client = await openClient(ftp.port)
    await client.expect('220')
    client.write('AUTH TLS\r\nUSER ana\r\nPASS password\r\n')
    await client.expect('234')
    const plain = client.socket
    plain.removeAllListeners('data')
    const secured = connectTls({ socket: plain, rejectUnauthorized: false })
    const outcome = await new Promise<string>((resolve) => {
      secured.once('error', () => resolve('refused'))
      secured.once('close', () => resolve('refused'))
      secured.once('secureConnect', () => {
        secured.once('data', (bytes: Buffer) => resolve(bytes.toString()))
        secured.write('PWD\r\n')
      })
    })
    expect(outcome).toMatch(/^(refused|530)/)
    secured.destroy()
  })

  test('a refused command leaves no fact', async () => {
    const client = await ftp.login()
    const head = await ftp.system.log.head()
    for (const line of [
      'MKD /x',
      'MKD /incoming/a\u0001',
      'RMD /incoming/no',
      'DELE /incoming/no/x',
    ]) {
      await client.say(line, '55')
    }
    await client.say('RNFR /incoming/none', '550')
    expect(await ftp.system.log.head()).toBe(head)
    await client.close()
  })

  test('a session whose connection is closed by rule is told so', async () => {
    const client = await openClient(ftp.port)
    await client.expect('220')
    const opened = []
    for await (const fact of ftp.system.log.readAll({ kinds: ['connection'] })) {
      if (fact.type === 'connection.opened') opened.push(fact)
    }
    const id = opened.at(-1)!.stream.slice('connection-'.length)
    await ftp.system.host.send(
      { kind: 'connection', id },
      { type: 'connection.expire' },
      { by: null, connection: null, commandId: ftp.system.ids.next() },
    )
    await client.expect('421 Your time to log in is over.')
    expect(await client.read()).toBeUndefined()
  })
})

describe('limits', () => {
  test('a silent crowd makes room for the next client', async () => {
    const ftp = await startFtp({ limits: { unauthenticated: 20, sessionsPerAddress: 500 } })
    await ftp.system.addMember({ name: 'ana' })
    const crowd = await Promise.all(Array.from({ length: 100 }, () => openClient(ftp.port)))
    const client = await ftp.login()
    await client.say('PWD', '257')
    const turnedOut = await Promise.all(
      crowd.slice(0, 70).map(async (each) => {
        await each.expect('220').catch(() => {})
        return await each.read()
      }),
    )
    expect(turnedOut.every((reply) => reply === undefined || reply.startsWith('421'))).toBe(true)
    await Promise.all([...crowd, client].map((each) => each.close()))
    await ftp.stop()
  })

  test('members are not crowded out: who comes too late is told', async () => {
    const ftp = await startFtp({ limits: { sessions: 2 } })
    await ftp.system.addMember({ name: 'ana' })
    const members = [await ftp.login(), await ftp.login()]
    const third = await openClient(ftp.port)
    await third.expect('421')
    expect(await third.read()).toBeUndefined()
    await members[0]!.say('QUIT', '221')
    expect(await members[0]!.read()).toBeUndefined()
    await members[1]!.say('NOOP', '200')
    await members[1]!.close()
    await ftp.stop()
  })

  test('silence ends a session, also over a half-open connection', async () => {
    const ftp = await startFtp({ limits: { idleTimeoutMs: 100 } })
    const client = await openClient(ftp.port)
    await client.expect('220')
    await client.expect('421')
    expect(await client.read()).toBeUndefined()
    await ftp.stop()
  })

  test('a data connection that stalls ends the transfer', async () => {
    const ftp = await startFtp({ limits: { dataStallMs: 100 } })
    await ftp.system.addMember({ name: 'ana' })
    const client = await ftp.login()
    await client.say('MKD /incoming/R', '257')
    const data = await client.passive()
    await client.say('STOR /incoming/R/a', '150')
    data.write('abc')
    await client.expect('426')
    data.destroy()
    await client.close()
    await ftp.stop()
  })

  test('stopping says 421 and records the closing', async () => {
    const ftp = await startFtp()
    const client = await openClient(ftp.port)
    await client.expect('220')
    await ftp.gateway.stop(0)
    await client.expect('421')
    const types = []
    for await (const fact of ftp.system.log.readAll({ kinds: ['connection'] }))
      types.push(fact.type)
    expect(types).toEqual(['connection.opened', 'connection.closed'])
    expect((await ftp.system.registry.metrics()).includes('veza_ftp_sessions 0')).toBe(true)
    await ftp.system.stop()
  })

  test('a transfer under way may end before the server stops', async () => {
    const ftp = await startFtp()
    await ftp.system.addMember({ name: 'ana' })
    const client = await ftp.login()
    await client.say('MKD /incoming/R', '257')
    const data = await client.passive()
    await client.say('STOR /incoming/R/a', '150')
    const stopped = ftp.gateway.stop(5_000)
    data.end('abc')
    await client.expect('226')
    await client.expect('421')
    await stopped
    const refused = connect({ port: ftp.port, host: '127.0.0.1' })
    expect(await new Promise((resolve) => refused.once('error', () => resolve('refused')))).toBe(
      'refused',
    )
    await ftp.system.stop()
  })
})

describe('a disk in trouble', () => {
  const failing =
    (problem: 'full' | 'read-only', at: 'stage' | 'write' | 'finish') =>
    (files: SiteFiles): SiteFiles => ({
      ...files,
      async stage(name) {
        if (at === 'stage') throw new DiskTrouble(problem, undefined)
        const staged = await files.stage(name)
        const fail = () => Promise.reject(new DiskTrouble(problem, undefined))
        return { ...staged, [at]: fail }
      },
    })

  test.each([
    ['full', 'stage', '452'],
    ['full', 'write', '452'],
    ['full', 'finish', '452'],
    ['read-only', 'stage', '451'],
    ['read-only', 'write', '451'],
  ] as const)(
    'that is %s at %s fails the upload with words and leaves nothing',
    async (problem, at, code) => {
      const ftp = await startFtp({ wrapFiles: failing(problem, at) })
      await ftp.system.addMember({ name: 'ana' })
      const client = await ftp.login()
      await client.say('MKD /incoming/R', '257')
      expect(await client.store('/incoming/R/a.bin', 'abc')).toMatch(
        new RegExp(`^${code} The disk of the site`),
      )
      expect(await client.list('NLST /incoming/R')).toEqual([])
      await client.say('SIZE /incoming/R/a.bin', '550')
      expect(await readdir(ftp.stagingPath())).toEqual([])
      const types = []
      for await (const fact of ftp.system.log.readAll({ kinds: ['race'] })) types.push(fact.type)
      expect(types.includes('race.upload-aborted')).toBe(at !== 'stage')
      expect(types).not.toContain('race.file-accepted')
      await client.close()
      await ftp.stop()
    },
  )
})

describe('TLS', () => {
  test('protected data goes up and down, with resumption and without', async () => {
    const ftp = await startFtp()
    await ftp.system.addMember({ name: 'ana' })
    const client = await openClient(ftp.port)
    await client.expect('220')
    await client.secure()
    await client.say('USER ana', '331')
    await client.say('PASS password', '230')
    await client.say('PBSZ 0', '200')
    await client.say('PROT P', '200')
    await client.say('MKD /incoming/R', '257')
    const content = randomBytes(1_500_000)
    const open = async (command: string, session?: Buffer) => {
      const plain = await client.passive()
      client.write(`${command}\r\n`)
      const data = connectTls({ socket: plain, rejectUnauthorized: false, session })
      await new Promise((resolve) => data.once('secureConnect', resolve))
      await client.expect('150')
      return data
    }
    const up = await open('STOR /incoming/R/a.bin')
    const ticket = new Promise<Buffer>((resolve) => up.once('session', resolve))
    up.resume()
    up.end(content)
    await client.expect('226')
    const down = await open('RETR /incoming/R/a.bin', await ticket)
    expect(down.isSessionReused()).toBe(true)
    const chunks: Buffer[] = []
    for await (const chunk of down) chunks.push(chunk as Buffer)
    await client.expect('226')
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    const types = []
    for await (const fact of ftp.system.log.readAll({ kinds: ['connection'] }))
      types.push(fact.type)
    expect(types).toContain('connection.secured')
    // A client that talks in clear where TLS was agreed gets 425, and the session goes on.
    const plain = await client.passive()
    await client.say('LIST', '150')
    plain.write('this is no TLS\r\n'.repeat(10))
    await client.expect('425')
    await client.say('NOOP', '200')
    await client.close()
    await ftp.stop()
  })
})
