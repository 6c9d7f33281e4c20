import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { generateSync } from 'otplib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { networkOf } from '#gateways/members/network.ts'
import { REDIRECT_URI, signInAs, startOidcProvider } from '#test/conformance/oidc.fixture.ts'
import {
  bytesOf,
  copyOf,
  httpFrom,
  linesFrom,
  readWith,
  removeAll,
  rowsOf,
  unwrappable,
} from '#test/e2e/forget.fixture.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const PASSWORD = 'rowing-boat-7751'
/** All of 127.0.0.0/8 is this machine: an address that nothing else here comes from. */
const ADDRESS = '127.77.31.9'
const EMAIL = 'bob.bobson@personal.example'
const REAL_NAME = 'Robert Quentin Bobson'
const IDENT = 'bobident'
const MASK = `${IDENT}@127.77.31.*`
const IDENTITY = 'bob-over-there'
const PERSONAL = [ADDRESS, EMAIL, REAL_NAME, IDENT, '127.77.31', IDENTITY, PASSWORD]

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const foundIn = (text: string) => PERSONAL.filter((each) => text.includes(each))

let veza: VezaProcess
let provider: Awaited<ReturnType<typeof startOidcProvider>>
let ftp: Awaited<ReturnType<typeof linesFrom>>
let token = ''
let vaultBefore = ''
let backup = ''
const before: Record<string, string> = {}
const statesBefore: Record<string, string> = {}
let end = 0

const file = (name: string) => join(veza.dataDir, name)
const ask = (...asked: Parameters<ReturnType<typeof httpFrom>>) =>
  httpFrom(ADDRESS, veza.ports.http)(...asked)

async function done(...words: string[]): Promise<string> {
  const { stdout, stderr, code } = await veza.run(...words)
  expect({ words, code, stderr }).toMatchObject({ words, code: 0 })
  return stdout
}

async function linkIdentity(): Promise<void> {
  const body = { provider: 'test' }
  const begun = await ask('POST', '/api/v1/me/identities', {
    headers: basic('bob', PASSWORD),
    body,
  })
  const [cookie = ''] = begun.headers['set-cookie'] as string[]
  const { pathname, search } = new URL(await signInAs(IDENTITY, begun.body.url))
  const headers = { cookie: cookie.split(';')[0]! }
  expect((await ask('GET', pathname + search, { headers })).body).toEqual({ linked: 'bob' })
}

async function turnOnSecondFactor(bearer: string): Promise<void> {
  const headers = { authorization: `Bearer ${bearer}` }
  const body = { password: PASSWORD }
  const { secret } = (await ask('POST', '/api/v1/me/mfa', { headers, body })).body
  const confirmed = await ask('POST', '/api/v1/me/mfa/confirm', {
    headers,
    body: { code: generateSync({ secret }) },
  })
  expect(confirmed.status).toBe(200)
}

/** bob comes by every gateway and does everything that says something of him. */
async function liveAsBob(): Promise<void> {
  await veza.addMember('bob', PASSWORD, '--email', EMAIL)
  await rm(file('bob.password'))
  await done('account', 'set', 'bob', '--real-name', REAL_NAME)
  await done('credits', 'give', 'bob', '1G')
  const login = { username: 'bob', password: 'wrong' }
  for (const username of ['bob', 'bobb']) {
    const failed = await ask('POST', '/api/v1/auth/login', { body: { ...login, username } })
    expect(failed.status).toBe(401)
  }
  const irc = await linesFrom(ADDRESS, veza.ports.irc)
  irc.say(`PASS bob:${PASSWORD}`, 'NICK bob', `USER ${IDENT} 0 * :${REAL_NAME}`, 'JOIN #site')
  await irc.until(/ 366 /)
  irc.say('PRIVMSG #site :hello', 'QUIT :gone')
  await irc.ended
  ftp = await linesFrom(ADDRESS, veza.ports.ftp)
  ftp.say('USER bob', `PASS ${PASSWORD}`)
  await ftp.until(/^230 /)
  await linkIdentity()
  const made = await done(
    'account',
    'token',
    'bob',
    'create',
    '--label',
    'bot',
    '--scope',
    'read',
    '--json',
  )
  token = JSON.parse(made).token
  const session = await ask('POST', '/api/v1/auth/login', {
    body: { ...login, password: PASSWORD },
  })
  await turnOnSecondFactor(session.body.access_token)
  await done('account', 'mask', 'bob', 'add', '*@127.*', MASK)
}

const exportTo = (name: string) => done('log', 'export', '--out', file(name))
const STREAMS = ['account-bob', 'presence-bob', 'ledger-bob', 'lockout-account_bob']
const stateOf = (stream: string) => done('state', stream, '--at', `@${end}`, '--json')

beforeAll(async () => {
  provider = await startOidcProvider()
  const site = { name: 'test', issuer: provider.issuer, client_id: 'veza' }
  veza = await VezaProcess.create({
    environment: {
      VEZA_LOG_LEVEL: 'trace',
      VEZA_SITE_URL: new URL(REDIRECT_URI).origin,
      VEZA_OIDC_PROVIDERS: JSON.stringify([
        { ...site, client_secret: provider.client.clientSecret },
      ]),
    },
  })
  await veza.start()
  await liveAsBob()
  const ended = JSON.parse(await done('log', 'stats', '--json')) as { end: { position: number } }
  end = ended.end.position - 1
  for (const stream of STREAMS) statesBefore[stream] = await stateOf(stream)
  backup = file('backup')
  await done('log', 'backup', backup)
  await exportTo('before.log')
  vaultBefore = await copyOf(file('vault'))
  before['backup'] = await bytesOf(backup)
  before['rows'] = await rowsOf(veza.dataDir)
  before['export'] = await readFile(file('before.log'), 'utf8')
  before['snapshots'] = await bytesOf(file('host'))
}, 120_000)

afterAll(async () => {
  ftp?.end()
  await veza.dispose()
  await provider.goDown()
  await removeAll([vaultBefore])
})

describe('while the member is there', () => {
  test('who may know reads everything', async () => {
    const shown = JSON.parse(await done('account', 'show', 'bob', '--json'))
    expect(shown).toMatchObject({ email: EMAIL, real_name: REAL_NAME })
    expect(await done('account', 'mask', 'bob', 'list')).toContain(MASK)
    const audit = await ask('GET', '/api/v1/audit?member=bob', {
      headers: basic('admin', ADMIN_PASSWORD),
    })
    expect(JSON.stringify(audit.body)).toContain(ADDRESS)
    const { opened } = await readWith(file('vault'), file('master.key'), before['export']!, [])
    expect(opened).toEqual(expect.arrayContaining([EMAIL, REAL_NAME, MASK]))
    expect(opened.join(' ')).toContain(ADDRESS)
  })

  test('nothing that lies on the disk says it in the clear', () => {
    for (const [name, text] of Object.entries(before)) {
      expect({ name, found: foundIn(text) }).toEqual({ name, found: [] })
    }
    expect(before['export']).toContain('account-bob')
    expect(before['rows']).toContain('account-bob')
  })
})

describe('after the member was forgotten', () => {
  let now = ''
  let forgotten = {}
  beforeAll(async () => {
    forgotten = JSON.parse(await done('forget', 'bob', '--yes', '--json'))
    await exportTo('after.log')
    now = await readFile(file('after.log'), 'utf8')
  }, 60_000)

  test('they are out, and no proof of theirs is good', async () => {
    expect(forgotten).toMatchObject({ account: 'bob', was_key_destroyed: true })
    await ftp.ended
    for (const headers of [basic('bob', PASSWORD), { authorization: `Bearer ${token}` }]) {
      // From elsewhere: what fails now is sealed and counted anew, under the visitors' next key.
      const elsewhere = httpFrom('127.0.0.1', veza.ports.http)
      expect((await elsewhere('GET', '/api/v1/me', { headers })).status).toBe(401)
    }
  })

  test('the keys of today open nothing of theirs, nor do those of an older vault', async () => {
    const rows = await rowsOf(veza.dataDir)
    const all = `${now}\n${before['export']}\n${rows}\n${before['rows']}`
    const guesses = [networkOf(ADDRESS), EMAIL, REAL_NAME, MASK]
    const read = await readWith(file('vault'), file('master.key'), all, guesses)
    expect(read.sealed).toBeGreaterThan(5)
    expect(read.subjects).not.toContain('account:bob')
    expect(foundIn(read.opened.join('\n'))).toEqual([])
    expect(read.tagsFound).toEqual([])
    expect(await unwrappable(vaultBefore, file('master.key'))).toEqual([])
  })

  test('no file of the data folder says it, nor the log of the server', async () => {
    expect(foundIn(await bytesOf(veza.dataDir))).toEqual([])
    expect(foundIn(await rowsOf(veza.dataDir))).toEqual([])
    expect(foundIn(now)).toEqual([])
    expect(foundIn(veza.errors)).toEqual([])
  })

  test('nobody is shown more than the name', async () => {
    const headers = basic('admin', ADMIN_PASSWORD)
    const pages = ['accounts/bob', 'audit?whom=bob', 'audit?member=bob', 'accounts/bob/sessions']
    const answers = await Promise.all(
      pages.map((page) =>
        httpFrom('127.0.0.1', veza.ports.http)('GET', `/api/v1/${page}`, { headers }),
      ),
    )
    const said = JSON.stringify(answers.map(({ body }) => body))
    expect(said).toContain('"bob"')
    expect(foundIn(said)).toEqual([])
    expect(foundIn(await done('audit', '--json', '--limit', '500'))).toEqual([])
  })

  test('history is as it was, and every replay gives the same', async () => {
    for (const stream of STREAMS) expect(await stateOf(stream)).toBe(statesBefore[stream])
    const lines = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .filter((line) => line.includes('"data"'))
    const old = lines(before['export']!)
    expect(old.length).toBeGreaterThan(20)
    expect(lines(now).slice(0, old.length)).toEqual(old)
    expect(await done('replay', '--verify')).toMatch(/equal|same|no difference/i)
    await done('log', 'verify')
  })
})
