import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { makeRelease, setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem } from '#test/harness.ts'

describe('the session and the server', () => {
  let site: SiteFixture
  beforeAll(async () => {
    site = await startSite()
    await site.caughtUp()
  })
  afterAll(() => site.stop())

  test('idle time is set within what the account allows', () =>
    site.replay(`
      ana> IDLE
      200 This session ends when it does nothing for 900 seconds.
      ana> IDLE 60
      200 This session ends when it does nothing for 60 seconds.
      ana> IDLE
      200 This session ends when it does nothing for 60 seconds.
      ana> IDLE 901
      501-it is 10 to 900 seconds
      ana> IDLE soon
      501-it is 10 to 900 seconds
      ana> IDLE 1 2
      501-That is too much.`))

  test('how it does', () =>
    site.replay(`
      ana> PING
      200 Pong.
      ana> UPTIME
      200 Up for 0 minutes.
      ana> BW
      200 Up
      ~ KiB/s, over the last five seconds.
      ana> EMULATE root
      502 Nobody acts as another
      root> EMULATE ana
      502
      ana> ALIAS
      200-Aliases:
      ~ 200 0 names.`))

  test('texts of the operator, and the message of the day at the login', async () => {
    await site.replay(`
      ana> NEWS
      200 There is no news.`)
    const folder = join(site.ftp.dataDir, 'messages')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'rules.txt'), 'Be kind, %u_name.\nNo dupes.\n')
    await writeFile(join(folder, 'motd.txt'), 'Party tonight.\n')
    await site.replay(`
      ana> RULES
      200-RULES:
      ~ Be kind, ana.
      ~ No dupes.
      ~ 200 End.`)
  })

  test('logs are for who may read history', async () => {
    await site.system.addMember({ name: 'late', group: 'OTHER' })
    const client = await site.ftp.connect()
    await client.expect('220')
    await client.say('USER late', '331')
    await client.say('PASS wrong', '530')
    await client.close()
    await site.replay(`
      ana> REQUEST Some.Wanted.Thing
      200
      root> PREDUPE Some.Old.Name
      200`)
    const ana = await site.ftp.login('ana')
    await ana.say('MKD /incoming/Bad-GRP', '257')
    await ana.store('/incoming/Bad-GRP/a.sfv', 'a.rar 00000001')
    expect(await ana.store('/incoming/Bad-GRP/a.rar', 'x')).toMatch(/^550/)
    await ana.close()
    await site.caughtUp()
    await site.replay(`
      aud> ERRLOG
      200-What went wrong:
      ~ lockout.failed
      ~ race.file-rejected  /incoming/Bad-GRP
      ~ file a.rar, reason crc-mismatch
      aud> REQLOG 5
      200-Requests:
      ~ request.made
      ~ name Some.Wanted.Thing
      ~ ana
      aud> DUPELOG
      200-Dupes:
      ~ site.dupe-declared
      ~ name Some.Old.Name
      aud> ERRLOG 0
      501-a count is 1 to 200
      ana> ERRLOG
      550
      ana> REQLOG
      550
      ana> DUPELOG
      550`)
  })
})

test('an idle time that was made shorter ends the session by it', async () => {
  const clock = createManualClock()
  const system = await createTestSystem({ clock })
  const ftp = await startFtp({ system })
  await system.addMember({ name: 'ana' })
  const ana = await ftp.login()
  await ana.say('SITE IDLE 60', '200')
  clock.advance(59_000)
  await ana.say('NOOP', '200')
  clock.advance(60_000)
  await ana.expect('421')
  await ftp.stop()
  await system.stop()
})

describe('shortcuts of CWD', () => {
  const shortcuts = {
    aliases: [
      { name: 'work', path: '/incoming/Work-A' },
      { name: 'secret', path: '/incoming/Secret-A' },
      { name: 'gone', path: '/incoming/Nothing' },
      { name: 'incoming', path: '/incoming/Work-A' },
    ],
    searchPath: ['/incoming', '/incoming/Secret-A'],
  }

  test('are tried when nothing of that name is there, and show nothing that is hidden', async () => {
    const ftp = await startFtp({ shortcuts })
    const { system } = ftp
    await system.addMember({ name: 'ana' })
    const ana = await ftp.login()
    for (const release of ['Work-A', 'Secret-A']) await makeRelease(ana, release)
    const goes = async (to: string, code: string): Promise<string> => {
      await ana.say('CWD /', '250')
      await ana.say(`CWD ${to}`, code)
      return /"(.*)"/.exec(await ana.say('PWD', '257'))![1]!
    }
    expect(await goes('work', '250')).toBe('/incoming/Work-A')
    expect(await goes('WORK/CD1', '250')).toBe('/incoming/Work-A/CD1')
    expect(await goes('Work-A', '250')).toBe('/incoming/Work-A')
    expect(await goes('Work-A/CD2', '250')).toBe('/incoming/Work-A/CD2')
    // What is there comes first.
    expect(await goes('incoming', '250')).toBe('/incoming')
    expect(await goes('secret', '250')).toBe('/incoming/Secret-A')
    const unknown = await ana.say('CWD nowhere', '550')
    expect(await ana.say('CWD gone', '550')).toBe(unknown.replace('nowhere', 'gone'))
    await ana.say('CWD /work', '550')
    await ana.say('CWD ./work', '550')
    await ana.say('CWD work/read.bin', '550')
    expect(await ana.say('SITE ALIAS')).toMatch(/work +\/incoming\/Work-A[^]*secret[^]*3 names/)
    expect(await ana.say('SITE CDPATH')).toMatch(/ \/incoming\n[^]*2 paths/)

    await setRights(system, `privpath /incoming/Secret* 1\n${DEFAULT_RIGHTS_TEXT}`)
    await ana.say('CWD /', '250')
    const hidden = await ana.say('CWD secret', '550')
    expect(hidden).toBe((await ana.say('CWD nothere', '550')).replace('nothere', 'secret'))
    expect(await ana.say('SITE ALIAS')).not.toContain('ecret')
    expect(await ana.say('SITE CDPATH')).not.toContain('ecret')
    await ana.close()
    await ftp.stop()
  })
})
