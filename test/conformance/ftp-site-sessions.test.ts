import { afterAll, beforeAll, expect, test } from 'vitest'

import { makeRelease, setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.stop())

const idIn = (who: string, name: string) =>
  new RegExp(`^ ([0-9a-f]{8})  ${name}/`, 'm').exec(who)![1]!

test('who is on, and from where for who may see that', async () => {
  await site.say('ana> TIME')
  await site.say('root> TIME')
  await site.caughtUp()
  await site.replay(`
    ana> WHO
    200-Online:
    ~ name/group
    ~ ana/CREW
    ~ root/STAFF
    ! 127.0.0.1
    root> SWHO
    200-Online:
    ~ 127.0.0.1
    ~ from
    ~ password
    ana> SWHO
    550
    ana> WHO me
    501-That is too much.`)
})

test('an upload is shown, but not of whom hideinwho hides there', async () => {
  const ana = await site.ftp.login('ana')
  await makeRelease(ana, 'Secret-Work')
  const data = await ana.passive()
  await ana.say('STOR /incoming/Secret-Work/long.bin', '150')
  data.write('first bytes')
  await site.caughtUp()
  await site.replay(`
    ben> WHO
    ~ uploads long.bin`)
  await setRights(site.system, 'list /* *\nupload /* *\nhideinwho /incoming/Secret* -ana')
  await site.caughtUp()
  await site.replay(`
    ben> WHO
    ! long.bin
    ana> WHO
    ~ uploads long.bin`)
  await setRights(site.system)
  data.end()
  await ana.expect('226')
  await ana.close()
})

test('members are kicked, and single connections killed', async () => {
  const one = await site.ftp.login('ben')
  const other = await site.ftp.login('ben')
  await site.caughtUp()
  await site.replay(`
    ana> KICK ben
    550
    ana> KICK
    501-Something is missing.
    ana> KILL 00
    501-the id is the one in SITE WHO
    root> KILL ffffffff-none
    501-the id is the one in SITE WHO
    root> KILL 00000000
    501-nobody is logged in by such a connection
    root> KICK nobody
    550 There is no such member.
    root> KICK ben too loud
    200 ben is out everywhere.`)
  await one.expect('421')
  await other.expect('421')

  const third = await site.ftp.login('gus')
  await site.caughtUp()
  const id = idIn(await site.say('root> WHO'), 'gus')
  expect(await site.say(`ana> KILL ${id}`)).toMatch(/^550 /)
  expect(await site.say(`root> KILL ${id} enough`)).toBe(
    `200 The connection ${id} of gus has ended.`,
  )
  await third.expect('421')
})

test('nobody ends the connections of who stands above them', async () => {
  await site.system.addMember({ name: 'mod', group: 'OTHER', flags: '3DE' })
  await site.say('root> TIME')
  await site.caughtUp()
  const id = idIn(await site.say('mod> WHO'), 'root')
  expect(await site.say(`mod> KILL ${id}`)).toMatch(/^550 /)
  expect(await site.say('mod> KICK root')).toMatch(/^550 /)
})

test('what was changed since the login counts', async () => {
  await site.replay(`
    gus> GRPNFO CREW mine
    200
    root> CHGADMIN gus CREW
    200 gus is no longer an admin of CREW.
    gus> GRPNFO CREW not mine any more
    550
    gus> CHANGE ana max_sim_up 1
    550
    root> CHGADMIN gus CREW
    200`)
})

test('changes and questions are counted by themselves', async () => {
  const strict = await startSite({ rateLimits: 'api_write=2/60 api_read=4/60' })
  await strict.replay(`
    ana> TAGLINE one
    200
    ana> TAGLINE two
    200
    ana> TAGLINE three
    450 You are asking for changes too fast
    ana> TIME
    200
    ana> XDUPE 3
    200
    ana> STAT
    200
    ana> WHO
    200
    ana> WHO
    450 You are asking too fast
    gus> CHANGE {ana nobody gus} max_sim_up 3
    200-Changing:
    ~ ana     3
    ~ nobody  refused: gus may not
    ~ gus     refused: You are asking for changes too fast`)
  await strict.stop()
})

test('long texts go on in the next line, and none steers a terminal', async () => {
  const comment = `${'long '.repeat(80)}\u001b[31mred\u202e`
  const told = await site.say(`root> CHANGE ana comment ${comment}`)
  const shown = await site.say('root> USER ana')
  expect(told).toMatch(/^200-ana: comment is long/)
  for (const reply of [told, shown]) {
    expect(reply).not.toMatch(/\u001b|\u202e/)
    expect(reply).toContain('?[31mred?')
    expect(reply.split('\n').some((line) => line.startsWith('   '))).toBe(true)
  }
})
