import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { zipOf } from '#infra/inspection/samples.fixture.ts'
import { connectIrc, type IrcClient } from '#test/conformance/irc-client.ts'
import { isMissing, lftp, makeRelease } from '#test/e2e/programs.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const FILM = 'Some.Film.2026.x264-GRP'
const PRE = 'Own.Film.2026.x264-AAA'
const PASSWORDS: Readonly<Record<string, string>> = {
  admin: ADMIN_PASSWORD,
  alice: 'kettle-harbour-7',
  bob: 'marble-orchard-8',
}
/** Of each byte that is uploaded. */
const RATIO = 3

/** A day of a site that is raced on, with the programs that its members have. */
describe.skipIf(isMissing('lftp', 'curl'))('a day of a race site', () => {
  let veza: VezaProcess
  let release: Awaited<ReturnType<typeof makeRelease>>
  let irc: IrcClient
  const brought = { alice: 0, bob: 0 }

  const as = (name: string) => ({
    port: veza.ports.ftp,
    name,
    password: PASSWORDS[name]!,
    tls: name === 'bob',
  })
  const here = (file: string) => join(release.folder, file)
  const sizeOf = async (file: string) => (await stat(here(file))).size

  /** All that the server says to curl; rejects when the transfer fails. */
  async function curl(name: string, path: string, ...options: string[]): Promise<string> {
    const login = ['-sSv', '--max-time', '30', '-u', `${name}:${PASSWORDS[name]!}`]
    const url = `ftp://127.0.0.1:${veza.ports.ftp}${path}`
    const said = await promisify(execFile)('curl', [...login, ...options, url])
    return said.stderr
  }
  const put = (name: string, file: string, path: string, ...options: string[]) =>
    curl(name, path, '-T', here(file), '--ftp-create-dirs', ...options)

  /** Names as a client sees them that asks once. */
  const names = async (name: string, path: string) =>
    (await lftp(as(name), `nlist ${path}`)).split('\n').filter((line) => line !== '')
  const site = (name: string, line: string) => lftp(as(name), `site ${line}`)

  async function credits(name: string): Promise<number> {
    const answer = await veza.get('/api/v1/me/credits', `${name}:${PASSWORDS[name]!}`)
    const { sections } = (await answer.json()) as { sections: { balance_bytes: number }[] }
    return sections[0]?.balance_bytes ?? 0
  }
  /** Credits follow what has happened: these are there in the end. */
  async function expectCredits(expected: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, bytes] of Object.entries(expected)) {
      await expect.poll(() => credits(name), { timeout: 10_000 }).toBe(bytes)
    }
  }
  const earned = (shares = RATIO) => ({
    alice: brought.alice * shares,
    bob: brought.bob * shares,
  })

  async function listen(): Promise<IrcClient> {
    const client = await connectIrc(veza.ports.irc)
    client.send(`PASS alice:${PASSWORDS['alice']!}`, 'NICK a', 'USER a 0 * :A', 'JOIN #site')
    await client.until(/ 366 alice #site /)
    return client
  }

  beforeAll(async () => {
    veza = await VezaProcess.create()
    await veza.start()
    release = await makeRelease(6, 400_000)
    await veza.addMember('alice', PASSWORDS['alice']!, '--group', 'AAA')
    await veza.addMember('bob', PASSWORDS['bob']!, '--group', 'BBB')
    irc = await listen()
  })
  afterAll(async () => {
    await irc?.end()
    await veza.dispose()
  })

  test('sections have rules, which hold for every client', async () => {
    const film = await veza.run('section', 'add', 'X264', 'wants_nfo=yes', 'dupe_days=30')
    expect(film.stdout).toMatch(/^wants_nfo +yes$/m)
    expect((await veza.run('section', 'add', '0DAY', 'banned_names=*.exe')).code).toBe(0)
    await writeFile(here('setup.exe'), 'MZ')
    await lftp(as('bob'), 'mkdir /0DAY/App-GRP')
    const refused = put('bob', 'setup.exe', '/0DAY/App-GRP/setup.exe')
    await expect(refused).rejects.toThrow(/553 setup\.exe is a banned name\./)
  })

  test('two race: each file is taken once, listings and the channel tell how it stands', async () => {
    const path = `/X264/${FILM}`
    await lftp(as('alice'), `mkdir ${path}; put -O ${path} ${here('rel.sfv')}`)
    expect((await names('bob', path)).filter((name) => name.endsWith('-missing'))).toHaveLength(6)
    await expect(put('bob', 'corrupt', `${path}/rel.r05`)).rejects.toThrow(/550 Bad CRC32/)
    const own = { alice: release.names.slice(0, 2), bob: release.names.slice(2) }
    await Promise.all(
      Object.entries(own).map(([name, files]) =>
        lftp(as(name), `cd ${path}; mput -P 2 ${files.map(here).join(' ')}`),
      ),
    )
    for (const file of own.alice) brought.alice += await sizeOf(file)
    brought.alice += await sizeOf('rel.sfv')
    for (const file of own.bob) brought.bob += await sizeOf(file)
    await expectCredits(earned())

    const listing = await lftp(as('bob'), `cls -l ${path}/`)
    expect(listing).toContain('[veza] - ( 2M 6F - COMPLETE ) - [veza]')
    expect(await names('bob', '/X264')).toEqual([`(no-nfo)-${FILM}`, FILM])
    const dupe = curl('bob', `${path}/rel.r00`, '-T', here('rel.r00'), '-Q', 'SITE XDUPE 3')
    await expect(dupe).rejects.toThrow(/X-DUPE: rel\.r05\r?\n[^]*553 rel\.r00 .*uploaded by alice/)
    const lines = (await irc.until(/complete: 6 files/)).join('\n')
    expect(lines).toMatch(/rel\.r05 by bob was refused \(crc-mismatch\)/)
    expect(lines).toMatch(/halfway: 3\/6 files/)
    expect(lines).toMatch(/1\. bob\/BBB \(4 files, .*2\. alice\/AAA \(2 files, /)
  })

  test('zips are whole or refused, and their diz says how many there are', async () => {
    for (const n of [1, 2]) {
      const parts = [
        { name: 'file_id.diz', content: `An app [0${n}/02]` },
        { name: `app.r0${n}`, content: randomBytes(30_000) },
      ]
      await writeFile(here(`app${n}.zip`), zipOf(parts))
    }
    const whole = await readFile(here('app2.zip'))
    const broken = Buffer.from(whole).fill(0, 20_000, 20_100)
    await writeFile(here('broken.zip'), broken)
    await put('alice', 'app1.zip', '/0DAY/App-GRP/app1.zip')
    expect(await names('bob', '/0DAY/App-GRP')).toContain('[#####:::::] -  50% Complete - [veza]')
    const bad = put('bob', 'broken.zip', '/0DAY/App-GRP/app2.zip')
    await expect(bad).rejects.toThrow(/550 The zip is broken\./)
    await put('bob', 'app2.zip', '/0DAY/App-GRP/app2.zip')
    expect((await names('alice', '/0DAY/App-GRP'))[0]).toMatch(/^\[veza\] - \( \d+K 2F - COMPLETE/)
    brought.alice += await sizeOf('app1.zip')
    brought.bob += await sizeOf('app2.zip')
    await expectCredits(earned())
  })

  test('a nuke costs what glFTPd takes for it, an unnuke gives exactly that back', async () => {
    const [film] = (await lftp(as('admin'), `du -bs /X264/${FILM}`)).split(/\s/)
    const before = earned()
    const zips = { alice: await sizeOf('app1.zip'), bob: await sizeOf('app2.zip') }
    const inFilm = { alice: brought.alice - zips.alice, bob: brought.bob - zips.bob }
    expect(inFilm.alice + inFilm.bob).toBe(Number(film))
    expect(await site('admin', `NUKE /X264/${FILM} 3 bad aspect`)).toMatch(/^200-.*succeeded/)
    expect(await names('bob', '/X264')).toEqual([`[NUKED]-${FILM}`])
    const taken = RATIO + 3 - 1
    await expectCredits({
      alice: before.alice - inFilm.alice * taken,
      bob: before.bob - inFilm.bob * taken,
    })
    expect(await site('bob', 'NUKES')).toMatch(/X264 +Some\.Film.* 3 .*bob,alice +bad aspect/)
    expect(await site('admin', `UNNUKE /X264/[NUKED]-${FILM}`)).toMatch(/^200 .*succeeded\.$/m)
    await expectCredits(before)
    expect(await names('alice', '/X264')).toEqual([`(no-nfo)-${FILM}`, FILM])
    await irc.until(/nuked 3x by admin: bad aspect, bob\/BBB/)
  })

  test('an affil publishes: nothing is seen of it before, its credits come then', async () => {
    expect(await site('admin', 'ADDAFFIL AAA X264')).toMatch(/^200 \/pre-AAA is made/)
    await put('alice', 'rel.r00', `/pre-AAA/${PRE}/rel.r00`)
    expect(await names('bob', '/')).toEqual(['0DAY', 'X264', 'incoming'])
    await expectCredits(earned())
    expect(await site('alice', `PRE /pre-AAA/${PRE}`)).toContain('is published in X264: 1 file')
    expect(await names('bob', '/X264')).toContain(PRE)
    brought.alice += await sizeOf('rel.r00')
    await expectCredits(earned())
    await irc.until(/\[X264\] Own\.Film\S+: published by AAA: 1 file/)
  })

  test('a name that was here is a dupe, and may come again when that is said', async () => {
    await veza.run('section', 'set', '0DAY', 'dupe_days=30')
    await expect(lftp(as('bob'), `mkdir /0DAY/${FILM}`)).rejects.toThrow(/is a dupe: it came to/)
    expect(await site('bob', `DUPE ${FILM}`)).toMatch(/X264 +Some\.Film.* complete/)
    await site('admin', 'PREDUPE Not.That-GRP')
    await expect(lftp(as('bob'), 'mkdir /0DAY/Not.That-GRP')).rejects.toThrow(/is a dupe\./)
    await site('admin', 'UNDUPE Not.That-GRP')
    await lftp(as('bob'), 'mkdir /0DAY/Not.That-GRP')
  })

  test('killed in an upload it comes back with all of it, and history gives the same', async () => {
    const path = '/incoming/Long-GRP/long.bin'
    await writeFile(here('long.bin'), randomBytes(6_000_000))
    const cut = put('bob', 'long.bin', path, '--limit-rate', '2M')
    const staging = join(veza.dataDir, 'staging')
    const staged = async () => {
      const files = await readdir(staging, { recursive: true, withFileTypes: true })
      const sizes = files
        .filter((file) => file.isFile())
        .map(async (file) => (await stat(join(file.parentPath, file.name))).size)
      return Math.max(0, ...(await Promise.all(sizes)))
    }
    const broken = cut.then(
      () => 'whole',
      () => 'broken off',
    )
    await expect.poll(staged, { timeout: 20_000 }).toBeGreaterThan(1_000_000)
    await veza.kill()
    expect(await broken).toBe('broken off')
    await irc.closed()
    await veza.start()
    irc = await listen()
    const resumed = await put('bob', 'long.bin', path, '-C', '-')
    expect(resumed).toMatch(/APPE long\.bin|REST \d+/)
    expect(resumed).toMatch(/226 6000000 bytes/)
    brought.bob += 6_000_000
    await expectCredits(earned())
    const placed = await readFile(join(veza.dataDir, 'site', path))
    expect(placed.equals(await readFile(here('long.bin')))).toBe(true)
    expect(await names('alice', '/X264')).toContain(FILM)

    const replay = await veza.run('replay', '--verify')
    expect(replay.stderr + replay.stdout).toMatch(/equal at position \d+, row for row/)
    expect(replay.code).toBe(0)
    const { stdout } = await veza.run('audit', '--type', 'race.*nuked', '--json')
    const facts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(facts.map(({ type }) => type).toSorted()).toEqual(['race.nuked', 'race.unnuked'])
  })
})
