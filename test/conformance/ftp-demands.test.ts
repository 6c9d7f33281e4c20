import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { type FtpClient, openClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights, tokenOf } from '#test/conformance/ftp-rights.fixture.ts'
import { createTestSystem } from '#test/harness.ts'

/** Where another machine is; the clients are at 127.0.0.1. */
const ELSEWHERE = '127.0.0.3'

const logged: Record<string, unknown>[] = []
let ftp: FtpFixture
beforeAll(async () => {
  const system = await createTestSystem()
  const logger = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) })
  ftp = await startFtp({
    system: { ...system, logger },
    fxp: 'both',
    limits: { dataConnectMs: 2_000 },
  })
  await system.addMember({ name: 'ana', group: 'CREW' })
  await system.addMember({ name: 'ben', group: 'OTHER' })
  const ana = await ftp.login()
  await ana.say('MKD /incoming/Demand-A', '257')
  await ana.store('/incoming/Demand-A/a.bin', 'content of a')
  await ana.close()
})
afterAll(async () => {
  const { system } = ftp
  await ftp.stop()
  await system.stop()
})
beforeEach(() => setRights(ftp.system))

const demand = (...lines: string[]) =>
  setRights(ftp.system, `${lines.join('\n')}\n${DEFAULT_RIGHTS_TEXT}`)

async function greeted(): Promise<FtpClient> {
  const client = await openClient(ftp.port)
  await client.expect('220')
  return client
}

/** What USER and PASS answer. */
async function logIn(name: string, password: string): Promise<string[]> {
  const client = await greeted()
  const answers = [await client.say(`USER ${name}`), await client.say(`PASS ${password}`)]
  await client.close()
  return answers
}

describe('TLS at the login', () => {
  test('is demanded of a group, when the password is known to be right', async () => {
    await demand('require-tls - =CREW')
    const [asked, refused] = await logIn('ana', 'password')
    expect(asked).toBe('331 Password please.')
    expect(refused).toMatch(/^530 You log in over TLS alone: say AUTH TLS first\./)
    expect((await logIn('ben', 'password'))[1]).toMatch(/^230/)
    await (await ftp.loginSecured('ana')).close()
  })

  test('a name alone, or a wrong password, does not tell whom it is demanded of', async () => {
    await demand('require-tls - =CREW')
    const answers = await Promise.all(['ana', 'ben', 'nobody'].map((name) => logIn(name, 'not it')))
    expect(new Set(answers.map(String)).size).toBe(1)
  })

  test('is demanded for a token too, whatever that is for', async () => {
    await demand('require-tls - =CREW')
    const token = await tokenOf(ftp.system, 'ana', ['download'])
    expect((await logIn('ana', token))[1]).toMatch(/^530 You log in over TLS alone/)
  })

  test('where it is demanded of everybody no password is asked for, whoever it is', async () => {
    await demand('require-tls - *')
    for (const name of ['ana', 'nobody', '!ben']) {
      const client = await greeted()
      await client.say(`USER ${name}`, '530 This site is for TLS alone: say AUTH TLS first.')
      await client.say('PASS password', '503')
      await client.close()
    }
    await (await ftp.loginSecured('ana')).close()
  })
})

describe('TLS for listings and files', () => {
  const FILES = ['RETR /incoming/Demand-A/a.bin', 'STOR /incoming/Demand-A/b.bin', 'STOU', 'APPE b']
  const LISTINGS = ['LIST', 'NLST', 'MLSD']

  test('is demanded of data connections, each for itself', async () => {
    const ana = await ftp.login('ana')
    await ana.say('CWD /incoming/Demand-A', '250')
    await demand('require-tls-data - =CREW')
    for (const line of FILES) await ana.say(line, '522 You do that over TLS alone')
    await ana.say('PRET RETR /incoming/Demand-A/a.bin', '522')
    expect((await ana.list()).length).toBeGreaterThan(0)
    await demand('require-tls-listing - =CREW')
    for (const line of LISTINGS) await ana.say(line, '522 You do that over TLS alone')
    await ana.say('PRET LIST', '522')
    for (const line of ['STAT -la', 'MLST a.bin']) await ana.say(line, '534 ')
    await ana.say('STAT', '211')
    const { content } = await ana.retrieve('RETR a.bin')
    expect(content.toString()).toBe('content of a')
    await ana.close()
  })

  test('others go on in clear, and a refused transfer leaves the prepared connection', async () => {
    await demand('require-tls-data - =CREW', 'require-tls-listing - =CREW')
    const ben = await ftp.login('ben')
    expect((await ben.retrieve('RETR /incoming/Demand-A/a.bin')).reply).toMatch(/^226/)
    await ben.close()
    const ana = await ftp.loginSecured('ana')
    await ana.say('STAT -la /incoming', '212')
    await ana.say('PROT C', '200')
    await ana.say('EPSV', '229')
    await ana.say('LIST', '522')
    await ana.say('PROT P', '200')
    await ana.say('MLST /incoming', '250')
    await ana.close()
  })

  test('a protected connection is what is demanded: one that opens and says nothing is 425', async () => {
    await demand('require-tls-data - *', 'require-tls-listing - *')
    const ana = await ftp.loginSecured('ana')
    const port = Number(/\|\|\|(\d+)\|/.exec(await ana.say('EPSV', '229'))![1])
    const data = connect({ port, host: '127.0.0.1' })
    await once(data, 'connect')
    await ana.say('RETR /incoming/Demand-A/a.bin', '150')
    data.destroy()
    await ana.expect('425')
    await ana.close()
  })
})

describe('transfers with other sites', () => {
  const other = createServer((socket) => void socket.on('error', () => {}).end('from elsewhere'))
  beforeAll(async () => {
    other.listen({ port: 0, host: ELSEWHERE })
    await once(other, 'listening')
  })
  afterAll(() => void other.close())

  const aim = (): string => {
    const { port } = other.address() as { port: number }
    return `PORT ${ELSEWHERE.replaceAll('.', ',')},${port >> 8},${port & 255}`
  }
  const ends = async (client: FtpClient, command: string): Promise<string> => {
    const first = await client.say(command)
    return first.startsWith('150') ? (await client.read())! : first
  }
  const foreign = async (direction: string): Promise<number> => {
    const metric = ftp.system.registry.getSingleMetric('veza_ftp_fxp_transfers_total')!
    const { values } = await metric.get()
    return values
      .filter(({ labels }) => labels['direction'] === direction)
      .reduce((sum, { value }) => sum + value, 0)
  }

  test('each way is granted by itself, to whom the lines name', async () => {
    await demand('fxp-upload - =CREW', 'fxp-download - =OTHER')
    const [ana, ben] = [await ftp.login('ana'), await ftp.login('ben')]
    const fetch = 'RETR /incoming/Demand-A/a.bin'
    for (const [client, command, code] of [
      [ana, fetch, '425'],
      [ana, 'STOR /incoming/Demand-A/fxp.bin', '226'],
      [ben, fetch, '226'],
      [ben, 'STOR /incoming/Demand-A/fxp2.bin', '425'],
      [ben, 'LIST', '425'],
    ] as const) {
      await client.say(aim(), '200')
      expect((await ends(client, command)).slice(0, 3)).toBe(code)
    }
    await Promise.all([ana.close(), ben.close()])
  })

  test('another machine at the port of PASV is kept out from whom the lines do not name', async () => {
    await demand('fxp-upload - *', 'fxp-download - =OTHER')
    const ana = await ftp.login('ana')
    const port = Number(/\|\|\|(\d+)\|/.exec(await ana.say('EPSV', '229'))![1])
    const stranger = connect({ port, host: '127.0.0.1', localAddress: ELSEWHERE })
    let text = ''
    stranger.on('error', () => {}).on('data', (chunk) => (text += String(chunk)))
    const closed = once(stranger, 'close')
    await once(stranger, 'connect')
    const own = connect({ port, host: '127.0.0.1' })
    own.on('error', () => {}).resume()
    await once(own, 'connect')
    expect(await ends(ana, 'RETR /incoming/Demand-A/a.bin')).toMatch(/^226/)
    await closed
    expect(text).toBe('')
    await ana.close()
  })

  test('who is granted neither is told so at once', async () => {
    await demand('fxp-upload - 1', 'fxp-download - 1')
    const ana = await ftp.login('ana')
    await ana.say(aim(), '504')
    await ana.close()
  })

  test('are counted, and logged of whom the rights say so', async () => {
    await demand('fxp-log - =CREW')
    const before = await foreign('download')
    logged.length = 0
    for (const name of ['ana', 'ben']) {
      const client = await ftp.login(name)
      expect((await client.retrieve('RETR /incoming/Demand-A/a.bin')).reply).toMatch(/^226/)
      await client.say(aim(), '200')
      expect(await ends(client, 'RETR /incoming/Demand-A/a.bin')).toMatch(/^226/)
      await client.close()
    }
    expect(await foreign('download')).toBe(before + 2)
    const lines = logged.filter(({ msg }) => msg === 'ftp fxp')
    expect(lines).toMatchObject([
      { member: 'ana', direction: 'download', peer: ELSEWHERE, movedBytes: 12, code: 226 },
    ])
  })
})
