import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { FXP_POLICIES, type FxpPolicy } from '#gateways/ftp/transfers/foreign-peers.ts'
import { type FtpClient, openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

/** Where the other machine is; the client itself is at 127.0.0.1. */
const ELSEWHERE = '127.0.0.3'

async function siteWith(fxp: FxpPolicy): Promise<FtpFixture> {
  const ftp = await startFtp({ fxp, limits: { dataConnectMs: 2_000 } })
  await ftp.system.addMember({ name: 'ana' })
  const ana = await ftp.login()
  await ana.say('MKD /incoming/Fxp-A', '257')
  await ana.store('/incoming/Fxp-A/a.bin', 'content of a')
  await ana.close()
  return ftp
}

describe.each(FXP_POLICIES)('where the policy is %s', (policy) => {
  let ftp: FtpFixture
  let client: FtpClient
  let other: Server
  const allows = (direction: string): boolean =>
    direction !== 'listing' && (policy === 'both' || policy === direction)

  beforeAll(async () => {
    ftp = await siteWith(policy)
    other = createServer((socket) => void socket.on('error', () => {}).end('from elsewhere'))
    other.listen({ port: 0, host: ELSEWHERE })
    await once(other, 'listening')
    client = await ftp.login()
  })
  afterAll(async () => {
    await client.close()
    other.close()
    await ftp.stop()
  })

  const aim = () => {
    const { port } = other.address() as { port: number }
    return `PORT ${ELSEWHERE.replaceAll('.', ',')},${port >> 8},${port & 255}`
  }
  const ends = async (command: string): Promise<string> => {
    const first = await client.say(command)
    return first.startsWith('150') ? (await client.read())! : first
  }

  test.each([
    ['RETR /incoming/Fxp-A/a.bin', 'download'],
    ['STOR /incoming/Fxp-A/sent.bin', 'upload'],
    ['LIST', 'listing'],
  ])('PORT to another machine, then %s', async (command, direction) => {
    const answer = await client.say(aim())
    expect(answer.slice(0, 3)).toBe(policy === 'none' ? '504' : '200')
    if (policy === 'none') return
    expect((await ends(command)).slice(0, 3)).toBe(allows(direction) ? '226' : '425')
  })

  test.each([
    ['RETR /incoming/Fxp-A/a.bin', 'download'],
    ['LIST', 'listing'],
  ])('another machine at the port of PASV, then %s', async (command, direction) => {
    const port = Number(/\|\|\|(\d+)\|/.exec(await client.say('EPSV', '229'))![1])
    const foreign = connect({ port, host: '127.0.0.1', localAddress: ELSEWHERE })
    let text = ''
    foreign.on('error', () => {}).on('data', (chunk) => (text += String(chunk)))
    const closed = once(foreign, 'close')
    await Promise.race([once(foreign, 'connect'), closed])
    if (!allows(direction)) {
      // The client's own connection is not kept out by it.
      const own = connect({ port, host: '127.0.0.1' })
      own.on('error', () => {}).resume()
      await once(own, 'connect')
      expect((await ends(command)).slice(0, 3)).toBe('226')
      await closed
      expect(text).toBe('')
      return
    }
    expect((await ends(command)).slice(0, 3)).toBe('226')
    await closed
    expect(text).toBe('content of a')
  })

  test('ports of services and networks that the client is not in stay closed', async () => {
    for (const target of ['127,0,0,3,0,25', '10,0,0,1,20,20', '169,254,1,1,20,20', '0,0,0,0,20,20'])
      await client.say(`PORT ${target}`, '504')
    await client.say('EPRT |2|2001:db8::1|5000|', policy === 'none' ? '504' : '5')
  })
})

describe('between two sites, the client in the middle', () => {
  const sites: FtpFixture[] = []
  afterEach(async () => {
    await Promise.all(sites.splice(0).map((site) => site.stop()))
  })
  const loginAt = async (site: FtpFixture, isSecured: boolean) =>
    isSecured ? await site.loginSecured() : await site.login()

  test.each([
    ['plain', false, 'PASV', undefined],
    ['TLS by CPSV', true, 'CPSV', undefined],
    ['TLS by SSCN at the passive side', true, 'PASV', 'passive'],
    ['TLS by SSCN at the active side', true, 'PASV', 'active'],
  ])('%s', async (_name, isSecured, command, sscn) => {
    sites.push(await siteWith('none'), await siteWith('none'))
    const [from, to] = sites as [FtpFixture, FtpFixture]
    const [source, target] = [await loginAt(from, isSecured), await loginAt(to, isSecured)]
    if (sscn === 'passive') await target.say('SSCN ON', '200')
    if (sscn === 'active') await source.say('SSCN ON', '200')
    const passive = await target.say(command, '227')
    await source.say(`PORT ${/\((.*)\)/.exec(passive)![1]}`, '200')
    await target.say('STOR /incoming/Fxp-A/b.bin', '150')
    await source.say('RETR /incoming/Fxp-A/a.bin', '150')
    await source.expect('226')
    await target.expect('226')
    await target.say('XCRC /incoming/Fxp-A/b.bin', await source.say('XCRC /incoming/Fxp-A/a.bin'))
    await Promise.all([source.close(), target.close()])
  })

  test('two TLS servers, neither of which begins, both say that it came to nothing', async () => {
    sites.push(await siteWith('none'), await siteWith('none'))
    const [from, to] = sites as [FtpFixture, FtpFixture]
    const [source, target] = [await loginAt(from, true), await loginAt(to, true)]
    const passive = await target.say('PASV', '227')
    await source.say(`PORT ${/\((.*)\)/.exec(passive)![1]}`, '200')
    await target.say('STOR /incoming/Fxp-A/b.bin', '150')
    await source.say('RETR /incoming/Fxp-A/a.bin', '150')
    await Promise.all([source.expect('425'), target.expect('425')])
    await target.say('SIZE /incoming/Fxp-A/b.bin', '550')
    await Promise.all([source.close(), target.close()])
  })
})

test('a client elsewhere may not send the site to its own machine', async () => {
  const ftp = await siteWith('both')
  const client = await openClient(ftp.port, { localAddress: ELSEWHERE })
  await client.expect('220')
  await client.say('USER ana', '331')
  await client.say('PASS password', '230')
  // Loopback is the client's own kind of network here.
  await client.say('PORT 127,0,0,1,30,30', '200')
  await client.say('PORT 192,168,0,1,30,30', '504')
  await client.close()
  await ftp.stop()
})
