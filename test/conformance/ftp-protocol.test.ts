import { once } from 'node:events'
import { connect } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { PresenceContext } from '#actors/presence/presence.commands.ts'
import { createGate } from '#test/conformance/ftp-gate.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

let ftp: FtpFixture
beforeAll(async () => {
  ftp = await startFtp({
    bouncers: ['127.0.0.9', '127.1.0.0/16'],
    advertisedAddress: '192.0.2.1',
    advertisedAddresses: [
      { network: '127.0.0.7', address: '10.0.0.7' },
      { network: '127.2.0.0/16', address: '10.2.0.1' },
    ],
  })
  await ftp.system.addMember({ name: 'ana' })
  await ftp.system.addMember({ name: 'bob' })
  const ana = await ftp.login()
  await ana.say('MKD /incoming/Wide-A', '257')
  await ana.store('/incoming/Wide-A/a.bin', '0123456789')
  await ana.close()
})
afterAll(() => ftp.stop())

const logIn = async (localAddress: string, name = 'ana') => {
  const client = await openClient(ftp.port, { localAddress })
  await client.expect('220')
  await client.say(`USER ${name}`, '331')
  await client.say('PASS password', '230')
  return client
}

describe('a bouncer', () => {
  const greeted = async (localAddress: string) => {
    const client = await openClient(ftp.port, { localAddress })
    await client.expect('220')
    return client
  }

  test.each(['127.0.0.9', '127.1.2.3'])('at %s says where its client is', async (from) => {
    const client = await greeted(from)
    // Nothing is answered: the next reply is that to USER.
    client.write('IDNT joe@127.0.0.5:host.example\r\n')
    await client.say('USER ana', '331')
    await client.say('PASS password', '230')
    expect(await client.say('STAT')).toContain('Connected from 127.0.0.5')
    await client.say('PORT 127,0,0,5,30,30', '200')
    await client.say(`PORT ${from.replaceAll('.', ',')},30,30`, '504')
    await client.close()
  })

  test('has data connections come from its client', async () => {
    const client = await greeted('127.0.0.9')
    client.write('IDNT joe@127.0.0.5:host.example\r\n')
    await client.say('USER ana', '331')
    await client.say('PASS password', '230')
    const port = Number(/\|\|\|(\d+)\|/.exec(await client.say('EPSV', '229'))![1])
    const stranger = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' })
    await once(
      stranger.on('error', () => {}),
      'close',
    )
    const own = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.5' })
    own.setEncoding('utf8')
    await client.say('NLST /incoming/Wide-A', '150')
    expect(String(await once(own, 'data'))).toContain('a.bin\r\n')
    await client.expect('226')
    await client.close()
  })

  test.each([
    ['joe', '501'],
    ['joe@nonsense:host', '501'],
    ['joe@10.0.0.1', '501'],
    ['@10.0.0.1:host', '501'],
  ])('says it rightly: %s', async (argument, code) => {
    const client = await greeted('127.0.0.9')
    await client.say(`IDNT ${argument}`, code)
    await client.close()
  })

  test('says it once, before USER, and others do not say it', async () => {
    const client = await greeted('127.0.0.9')
    client.write('IDNT joe@[2001:db8::1]:host\r\n')
    await client.say('IDNT joe@10.0.0.2:host', '530')
    await client.close()
    const late = await greeted('127.0.0.9')
    await late.say('USER ana', '331')
    await late.say('IDNT joe@10.0.0.1:host', '503')
    await late.close()
    const other = await greeted('127.0.0.8')
    await other.say('IDNT joe@10.0.0.1:host', '530')
    await other.close()
  })
})

test.each([
  ['127.0.0.7', '10,0,0,7'],
  ['127.2.3.4', '10,2,0,1'],
  ['127.0.0.1', '192,0,2,1'],
])('a client at %s is told %s by PASV', async (from, address) => {
  const client = await logIn(from)
  expect(await client.say('PASV', '227')).toContain(`(${address},`)
  await client.say('CEPR ON', '200')
  expect(await client.say('EPSV', '229')).toContain(`(|1|${address.replaceAll(',', '.')}|`)
  await client.close()
})

describe('USER !name', () => {
  test('ends the other FTP connections of that member, and of nobody else', async () => {
    const ghost = await ftp.login()
    const other = await ftp.login('bob')
    const client = await ftp.connect()
    await client.expect('220')
    await client.say('USER !ana', '331')
    await client.say('PASS wrong', '530')
    await ghost.say('NOOP', '200')
    await client.say('USER !ana', '331')
    await client.say('PASS password', '230 Welcome, ana.')
    expect(await ghost.read()).toMatch(/^421 You have logged in again/)
    expect(await ghost.read()).toBeUndefined()
    await other.say('NOOP', '200')
    const presence = { kind: 'presence', id: 'ana' }
    const { connections } = (await ftp.system.host.state<PresenceContext>(presence)).context
    expect(Object.keys(connections)).toHaveLength(1)
    await Promise.all([client.close(), other.close()])
  })
})

describe('STOU', () => {
  test('takes the name that is given when it is free, another one when not', async () => {
    const ana = await ftp.login()
    await ana.say('CWD /incoming/Wide-A', '250')
    await ana.say('STOU b.bin', '425')
    const names: string[] = []
    for (const argument of ['b.bin', 'b.bin', '']) {
      const data = await ana.passive()
      const opened = await ana.say(`STOU ${argument}`.trim(), '150 FILE: ')
      names.push(opened.slice('150 FILE: '.length))
      data.end('some bytes')
      await ana.expect('226')
    }
    expect(names[0]).toBe('b.bin')
    expect(names[1]).toMatch(/^b\.bin\..+/)
    expect(names[2]).toMatch(/^file\..+/)
    expect(await ana.list('NLST')).toEqual(expect.arrayContaining(names))
    await ana.say('CWD /', '250')
    await ana.passive().then((data) => data.destroy())
    await ana.say('STOU', '553')
    await ana.close()
  })
})

test('PRET and checksums ask for rights as transfers do', async () => {
  const ana = await ftp.login()
  await setRights(ftp.system, 'list /* *')
  await ana.say('PRET STOR /incoming/Wide-A/new.bin', '553')
  await ana.say('PRET STOR /incoming/Wide-A/a.bin', '553')
  await ana.say('PRET RETR /incoming/Wide-A/a.bin', '550')
  for (const verb of ['HASH', 'XCRC', 'XMD5'])
    await ana.say(`${verb} /incoming/Wide-A/a.bin`, '550')
  await setRights(ftp.system, 'list /* *\nupload /* *\ndownload /* *\nprivpath /incoming/Wide-A 1')
  for (const verb of ['XCRC', 'PRET RETR', 'MFMT 20200101000000'])
    await ana.say(`${verb} /incoming/Wide-A/a.bin`, '550 /incoming/Wide-A/a.bin: No such file')
  // That it is there is what nobody else may know.
  await ana.say('PRET STOR /incoming/Wide-A/a.bin', '200')
  await setRights(ftp.system)
  await ana.say('PRET STOR /incoming/Wide-A/new.bin', '200')
  await ana.close()
})

test('RANG has RETR send a part', async () => {
  const ana = await ftp.login()
  await ana.say('RANG 2 4', '350')
  const part = await ana.retrieve('RETR /incoming/Wide-A/a.bin')
  expect(part.content.toString()).toBe('234')
  expect(part.reply).toMatch(/^226/)
  const whole = await ana.retrieve('RETR /incoming/Wide-A/a.bin')
  expect(whole.content.toString()).toBe('0123456789')
  await ana.say('RANG 8 99', '350')
  expect((await ana.retrieve('RETR /incoming/Wide-A/a.bin')).content.toString()).toBe('89')
  await ana.close()
})

test('over IPv6: EPSV and EPRT, and what is of the other family is refused', async () => {
  const six = await startFtp({ host: '::1' })
  await six.system.addMember({ name: 'ana' })
  const client = await openClient(six.port, { host: '::1' })
  await client.expect('220')
  await client.say('USER ana', '331')
  await client.say('PASS password', '230')
  await client.say('PASV', '425')
  await client.say('EPSV 1', '522 Use another protocol: (2)')
  await client.say('EPSV 2', '229')
  expect(await client.list('NLST')).toEqual(['incoming'])
  await client.say('CEPR ON', '200')
  expect(await client.say('EPSV', '229')).toContain('(|2|::1|')
  await client.say('EPRT |2|::1|4000|', '200')
  await client.say('EPRT |1|127.0.0.1|4000|', '504')
  await client.close()
  await six.stop()
})

test('no more checksums are computed at a time than there may be', async () => {
  const gate = createGate()
  const busy = await startFtp({ limits: { hashesAtOnce: 1 }, wrapFiles: gate.wrapReads })
  await busy.system.addMember({ name: 'ana' })
  const [one, two] = [await busy.login(), await busy.login()]
  await one.say('MKD /incoming/Busy-A', '257')
  await one.store('/incoming/Busy-A/a.bin', 'abc')
  gate.close()
  const first = one.say('XMD5 /incoming/Busy-A/a.bin', '250 900150983cd24fb0d6963f7d28e17f72')
  await gate.reached
  await two.say('XMD5 /incoming/Busy-A/a.bin', '450')
  // What the race knows needs no reading.
  await two.say('XCRC /incoming/Busy-A/a.bin', '250 352441c2')
  gate.open()
  await first
  await two.say('XMD5 /incoming/Busy-A/a.bin', '250')
  await Promise.all([one.close(), two.close()])
  await busy.stop()
})

test('ABOR as urgent data, of which the system takes the line feed', async () => {
  const ana = await ftp.login()
  await ana.passive()
  await ana.say('STOR /incoming/Wide-A/slow.bin', '150')
  ana.write('ABOR\r')
  await ana.expect('426')
  await ana.expect('226')
  await ana.say('NOOP', '200')
  ana.write(Buffer.from([0xff, 0xf4, 0xff, 0xf2, ...Buffer.from('ABOR\r\n')]))
  await ana.expect('226')
  await ana.close()
})

test('a second PASV takes the first one back, with who waits there', async () => {
  const ana = await ftp.login()
  const portOf = (answer: string) => Number(/\|\|\|(\d+)\|/.exec(answer)![1])
  const first = portOf(await ana.say('EPSV', '229'))
  const waiting = connect({ port: first, host: '127.0.0.1' })
  waiting.on('error', () => {}).resume()
  await once(waiting, 'connect')
  await ana.say('EPSV', '229')
  await once(waiting, 'close')
  const [cause] = (await once(connect({ port: first, host: '127.0.0.1' }), 'error').catch(
    (error: unknown) => [error],
  )) as [NodeJS.ErrnoException]
  expect(cause.code).toBe('ECONNREFUSED')
  await ana.close()
})

test('NOOP, STAT and QUIT are taken during a transfer', async () => {
  const ana = await ftp.login()
  const data = await ana.passive()
  await ana.say('STOR /incoming/Wide-A/quit.bin', '150')
  await ana.say('NOOP', '200')
  expect(await ana.say('STAT', '213')).toContain('upload /incoming/Wide-A/quit.bin')
  ana.write('QUIT\r\n')
  data.end('the last bytes')
  await ana.expect('226')
  await ana.expect('221')
  expect(await ana.read()).toBeUndefined()
})
