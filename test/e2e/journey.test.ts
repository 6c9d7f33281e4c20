import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { connectIrc, type IrcClient } from '#test/conformance/irc-client.ts'
import { connectWs, type Frame, type WsClient } from '#test/conformance/ws-client.ts'
import { isMissing, lftp, makeRelease } from '#test/e2e/programs.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const RELEASE = 'Some.Release-GRP'
const PASSWORDS: Readonly<Record<string, string>> = {
  alice: 'kettle-harbour-7',
  bob: 'marble-orchard-8',
  dave: 'copper-meadow-9',
}
const ALICE = 'alice:kettle-harbour-7'

/** One upload travels the whole house: every step with the program that a member would use. */
describe.skipIf(isMissing('lftp'))('the journey', () => {
  let veza: VezaProcess
  let release: Awaited<ReturnType<typeof makeRelease>>
  let irc: IrcClient
  let race: string
  const as = (name: string, tls = false) => ({
    port: veza.ports.ftp,
    name,
    password: PASSWORDS[name]!,
    tls,
  })

  beforeAll(async () => {
    veza = await VezaProcess.create()
    await veza.start()
    release = await makeRelease(8)
  })
  afterAll(() => veza.dispose())

  test('members are added beside the running server, once', async () => {
    await veza.addMember('alice', 'kettle-harbour-7', '--group', 'AAA')
    await veza.addMember('bob', 'marble-orchard-8', '--group', 'BBB')
    await expect(veza.addMember('Bob', 'silver-window-3')).rejects.toThrow(/account-exists/)
    await expect(veza.addMember('carol', 'short')).rejects.toThrow(/8 characters/)
    await expect(veza.addMember('../x', 'long-enough')).rejects.toThrow(/invalid-parameters/)
  })

  test('an IRC client logs in and joins #site', async () => {
    irc = await connectIrc(veza.ports.irc)
    irc.send(`PASS ${ALICE}`, 'NICK whoever', 'USER whoever 0 * :Alice', 'JOIN #site')
    const lines = await irc.until(/ 366 alice #site /)
    expect(lines[0]).toMatch(/^:\S+ 001 alice :/)
  })

  test('alice makes a release and uploads, plain; bob races her over TLS', async () => {
    const { folder } = release
    await lftp(
      as('alice'),
      `cd incoming; mkdir ${RELEASE}; cd ${RELEASE}; put ${folder}/rel.sfv; put ${folder}/rel.r00`,
    )
    await lftp(
      as('bob', true),
      `cd incoming/${RELEASE}; put ${folder}/rel.r01; put ${folder}/rel.r02; put ${folder}/rel.r03`,
    )
    const lines = (await irc.until(/halfway/)).join('\n')
    expect(lines).toMatch(/PRIVMSG #site :\[incoming\] Some\.Release-GRP: new release by alice/)
    expect(lines).toMatch(/race started by alice\/AAA, 8 files expected/)
    expect(lines).toMatch(/bob\/BBB joins the race, 2 racers now/)
    expect(lines).toMatch(/bob\/BBB \(2 files, .*\) takes the lead from alice \(1 file\)/)
    expect(lines).toMatch(/halfway: 4\/8 files/)
  })

  test('a corrupt file is refused and is not there', async () => {
    const { folder } = release
    const corrupt = `cd incoming/${RELEASE}; put ${folder}/corrupt -o rel.r04`
    await expect(lftp(as('bob', true), corrupt)).rejects.toThrow(/CRC/i)
    const listing = await lftp(as('bob'), `cd incoming/${RELEASE}; ls`)
    expect(listing).toMatch(/ rel\.r04-missing$/m)
    expect(listing).not.toMatch(/ rel\.r04$/m)
    await irc.until(/rel\.r04 by bob was refused \(crc-mismatch\)/)
  })

  test('the listing shows how far the race is, from the read model', async () => {
    const listing = await lftp(as('alice'), `cd incoming/${RELEASE}; ls`)
    expect(listing).toMatch(/ \[#####:::::\] -  50% Complete - \[veza\]$/m)
    const section = await lftp(as('alice', true), 'cd incoming; cls -1')
    expect(section).toContain(`(incomplete)-${RELEASE}`)
  })

  test('a WebSocket client follows the race and resumes without loss or repeat', async () => {
    const races = (await (await veza.get('/api/v1/races', ALICE)).json()) as Frame
    expect(races.items).toHaveLength(1)
    race = races.items[0].id
    const first = await follow(`race-${race}`)
    await first.until(({ type }) => type === 'live')
    await lftp(as('alice'), `cd incoming/${RELEASE}; put ${release.folder}/rel.r04`)
    const seen = await first.until(({ data }) => data?.type === 'race.file-accepted')
    const position = seen.at(-1)!.position as number
    await first.end()

    const rest = release.names.slice(5).map((name) => `put ${release.folder}/${name}`)
    await lftp(as('bob', true), `cd incoming/${RELEASE}; ${rest.join('; ')}`)
    const second = await follow(`race-${race}`, position)
    const later = await second.until(({ data }) => data?.type === 'race.completed')
    await second.end()

    const whole = await follow(`race-${race}`, 0)
    const all = facts(await whole.until(({ data }) => data?.type === 'race.completed'))
    await whole.end()
    const after = all.filter((fact) => fact.position > position)
    expect(facts(later).map(({ position: at }) => at)).toEqual(after.map(({ position: at }) => at))
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index))
    expect(facts(seen).at(-1)).toMatchObject({ data: { by: 'alice' }, stream: `race-${race}` })
  })

  test('the completion is announced with the racers’ figures', async () => {
    const lines = await irc.until(/complete: 8 files/)
    expect(lines.at(-1)).toMatch(/1\. bob\/BBB \(6 files, .*\/s\), 2\. alice\/AAA \(2 files, /)
    const listing = await lftp(as('bob'), `cd incoming/${RELEASE}; ls; cd ..; ls`)
    expect(listing).toMatch(/ \[veza\] - \( \S+ 8F - COMPLETE \) - \[veza\]$/m)
    expect(listing).not.toMatch(/incomplete|missing/)
  })

  test('the API answers members from the read models, and strangers with 401', async () => {
    const detail = (await (await veza.get(`/api/v1/races/${race}`, ALICE)).json()) as Frame
    expect(detail).toMatchObject({
      state: 'complete',
      release: RELEASE,
      expected_files: 8,
      files_done: 8,
      leader: 'bob',
      standings: [
        { member: 'bob', files: 6 },
        { member: 'alice', files: 2 },
      ],
    })
    const bob = (await (await veza.get('/api/v1/members/bob', ALICE)).json()) as Frame
    expect(bob.up.all).toMatchObject({ files: 6 })
    expect(bob.up.day).toEqual(bob.up.all)
    for (const path of ['/api/v1/races', `/api/v1/races/${race}`, '/api/v1/members/bob']) {
      expect((await veza.get(path)).status).toBe(401)
      expect((await veza.get(path, 'alice:wrong-password')).status).toBe(401)
    }
    expect((await veza.get('/healthz')).status).toBe(200)
    expect((await veza.get('/readyz')).status).toBe(200)
    expect(await (await veza.get('/metrics')).text()).toMatch(/^veza_actor_commands_total\{/m)
  })

  test('what was uploaded lies on the disk, and comes back the same', async () => {
    for (const name of release.names) {
      const sent = await readFile(join(release.folder, name))
      const kept = await readFile(join(veza.dataDir, 'site', 'incoming', RELEASE, name))
      expect(kept.equals(sent)).toBe(true)
    }
    const target = `${release.folder}/down`
    // A third of a release, times the ratio of 3, is less than all of it with the sfv.
    expect((await veza.run('credits', 'give', 'alice', '1M')).code).toBe(0)
    await lftp(as('alice', true), `mirror -x '[][ ]' incoming/${RELEASE} ${target}`)
    for (const name of release.names) {
      const back = await readFile(join(target, name))
      expect(back.equals(await readFile(join(release.folder, name)))).toBe(true)
    }
  })

  test('audit prints the history, and replay proves the read models', async () => {
    const { stdout } = await veza.run('audit', `race-${race}`)
    const types = [...stdout.matchAll(/ (race\.[a-z-]+) /g)].map((match) => match[1])
    expect(types[0]).toBe('race.created')
    expect(types.filter((type) => type === 'race.file-accepted')).toHaveLength(9)
    // lftp sets the times of what it has brought.
    expect(types.findLast((type) => type !== 'race.file-touched')).toBe('race.completed')
    expect((await veza.run('audit', 'race-nobody')).code).toBe(1)
    const beside = await veza.run('replay', '--verify')
    expect(beside).toMatchObject({ code: 0, stdout: expect.stringMatching(/row for row/) })
  })

  test('it stops at SIGTERM with 0, and everything is provable without it', async () => {
    expect(await veza.stop()).toBe(0)
    expect(irc.lines.concat(await irc.closed()).join('\n')).toMatch(/ERROR :/)
    expect((await veza.run('replay', '--verify')).code).toBe(0)
    await veza.addMember('dave', 'copper-meadow-9')
    await veza.start()
    expect((await veza.get('/api/v1/members/dave', `admin:${ADMIN_PASSWORD}`)).status).toBe(200)
    expect(await lftp(as('dave'), `cd incoming/${RELEASE}; ls`)).toMatch(/COMPLETE/)
  })

  test('a second server on the same data folder gives up and says why', async () => {
    const second = await veza.run('start')
    expect(second).toMatchObject({ code: 2, stderr: expect.stringMatching(/runs already/) })
    expect((await veza.get('/healthz')).status).toBe(200)
  })

  async function follow(stream: string, after?: number): Promise<WsClient> {
    const client = await connectWs(veza.ports.http)
    const [username, password] = ALICE.split(':')
    await client.ask('authenticate', { username, password })
    const answer = await client.ask('subscribe', { stream, ...(after !== undefined && { after }) })
    expect(answer.type).toBe('ack')
    return client
  }
})

function facts(frames: readonly Frame[]): Frame[] {
  return frames.filter(({ type }) => type === 'fact')
}
