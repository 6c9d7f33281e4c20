import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { allExplained, siteCommands } from '#gateways/ftp/commands/site/site-commands.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import { loginByToken, makeRelease, setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { GOOD, type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.stop())

describe('help', () => {
  test('names every command, and explains each', async () => {
    const all = await site.say('ana> HELP')
    expect(all).toMatch(/^214-Commands of the site:\n/)
    for (const [name, { help, usage }] of Object.entries(siteCommands)) {
      expect(all).toContain(`${name} `)
      const one = await site.say(`ana> HELP ${name.toLowerCase()}`)
      expect(one.startsWith(`214-${name} ${help}:\n`)).toBe(true)
      expect(one.split('\n').length).toBe(usage.length + 2)
    }
  })

  test('of what is not there is refused', () =>
    site.replay(`
      ana> HELP XYZZY
      501-there is no such SITE command
      ana> HELP WHO WHY
      501-That is too much.
      ana> XYZZY
      500 No such SITE command: see SITE HELP.
      ana> __proto__
      500
      ana> constructor
      500`))

  test('without it no table is taken', () => {
    const { TIME } = siteCommands
    const told = { ...TIME!, help: '' }
    expect(() => allExplained({ TIME: told })).toThrow('SITE TIME needs help text')
    expect(() => allExplained({ time: TIME! })).toThrow('SITE time needs help text')
    expect(allExplained({ TIME: TIME! })).toEqual({ TIME })
  })

  test('every command refuses words that it does not take', async () => {
    for (const [name, { words }] of Object.entries(siteCommands)) {
      const most = words?.[1]
      if (most === undefined) continue
      const reply = await site.say(`ana> ${name} ${'x '.repeat(most + 1)}`)
      expect(reply).toMatch(/^501-That is too much\.\n {1}Usage: SITE /)
    }
  })
})

test('a client sees at once what it has changed', () =>
  site.replay(`
    root> GRPADD FRESH just made
    200
    root> GROUPS
    ~ FRESH
    root> CHGRP ben FRESH
    200
    root> GINFO FRESH
    ~ ben
    root> ADDUSER nina ${GOOD}
    200
    root> USERS ni
    ~ nina`))

test('this session', () =>
  site.replay(`
    ana> XDUPE
    200 Extended dupe mode 0
    ana> XDUPE 3
    200 Extended dupe mode 3: one name a line.
    ana> XDUPE
    200 Extended dupe mode 3
    ana> XDUPE 5
    501-a mode is 0 to 4
    ana> XDUPE 0
    200 Extended dupe mode 0
    ana> COLOR on
    200 Colour is on.
    ana> STAT
    200-\u001b[1mCredits of ana:\u001b[0m
    ana> COLOR
    200 Colour is off.
    ana> STAT
    200-Credits of ana:
    ana> COLOR pink
    501-on or off
    ana> IDLE
    200 This session ends when it does nothing for 900 seconds.
    ana> TIME
    200 It is 2
    ana> VERS
    200 veza FTP server.
    ana> WELCOME
    200 Welcome, ana.`))

test('figures, and who leads', async () => {
  const ana = await site.ftp.login('ana')
  await makeRelease(ana, 'Figures-One')
  await ana.store('/incoming/Figures-One/big.bin', Buffer.alloc(3 * 2 ** 20))
  await ana.retrieve('RETR /incoming/Figures-One/big.bin')
  await site.caughtUp()
  await site.replay(`
    ana> STATS
    200-Transfers of ana:
    ~ period  direction  files  MiB
    ~ all     up             5    3
    ~ day     down           1    3
    ben> STATS ana
    200-Transfers of ana:
    ben> STATS nobody
    501-there is no such member
    ben> TRAFFIC
    200-Transfers of all:
    ~ all     up             5    3
    ben> ALUP
    200-The members that have uploaded most of all time:
    ~ rank  name  group  files  MiB
    ~ 1  ana   CREW       5    3
    ben> DAYDN 1
    200-The members that have downloaded most of today:
    ~ ana
    ben> WKUP =CREW
    ~ ana
    ben> WKUP =OTHER
    ~ 200 0 members.
    ben> MONTHUP 5 =NOGROUP
    550 There is no such group.
    ben> MONTHDN 101
    501-a count is 1 to 100
    ben> WKDN 1 2
    550 There is no section 2.
    ben> WKDN incoming 2
    501-the count comes before the section
    ben> WKUP =CREW =OTHER
    501-one group at most
    ben> GPAL
    200-The groups that have uploaded most of all time:
    ~ 1  CREW      5    3
    ben> GPWD 3
    ~ CREW
    ben> GPAD 0
    501-a count is 1 to 100
    ben> GPAL =CREW
    ~ 200 1 group.
    ben> GPAL =OTHER
    ~ 200 0 groups.`)
  for (const name of ['ALDN', 'DAYUP', 'GPMONTHUP', 'GPMONTHDN', 'GPWK', 'MONTHDN', 'WKDN']) {
    expect(await site.say(`ben> ${name}`)).toMatch(
      name.includes('UP') || name.includes('WK') ? /ana|CREW/ : /^200-/,
    )
  }
  await site.replay(`
    root> GRPCHANGE CREW private yes
    200
    ben> GPAL
    ! CREW
    ben> ALUP
    ~ ana   -
    ben> LASTON
    ! CREW
    ben> WHO
    ~ ana/-
    ana> WHO
    ~ ana/CREW
    ben> ALUP =CREW
    550 There is no such group.
    ana> GPAL
    ~ CREW
    root> GRPCHANGE CREW private no
    200`)
})

test('figures of one section; one that is hidden is answered as one that is not there', async () => {
  await operate(site.system, 'section.add', { name: 'tv' })
  await operate(site.system, 'section.add', { name: 'vault' })
  const ben = await site.ftp.login('ben')
  for (const section of ['tv', 'vault']) {
    await ben.say(`MKD /${section}/Rel-${section}`, '257')
    await ben.store(`/${section}/Rel-${section}/big.bin`, Buffer.alloc(2 ** 20))
  }
  await ben.retrieve('RETR /vault/Rel-vault/big.bin')
  await ben.retrieve('RETR /tv/Rel-tv/big.bin')
  await ben.retrieve('RETR /incoming/Figures-One/big.bin')
  await site.caughtUp()
  await setRights(site.system, 'privpath /vault 1\nlist /* *')
  await site.replay(`
    ana> ALUP tv
    200-The members that have uploaded most in tv of all time:
    ~ 1  ben   OTHER      1    1
    ~ 200 1 member.
    ana> ALUP 5 incoming
    ~ 1  ana
    ~ 200 1 member.
    ana> DAYDN incoming =OTHER
    ~ 1  ben
    ana> ALUP tv =CREW
    ~ 200 0 members.
    ana> GPAL 5 tv
    200-The groups that have uploaded most in tv of all time:
    ~ 1  OTHER      1    1
    ~ 200 1 group.
    ana> GPMONTHDN tv =CREW
    ~ 200 0 groups.
    ana> STATS ben
    ~ (all)     all     up             2    2
    ~ (all)     all     down           3    5
    ~ tv        all     up             1    1
    ~ tv        day     down           1    1
    ~ incoming  all     down           1    3
    ! incoming  all     up
    ! vault
    root> STATS ben
    ~ vault     all     up             1    1
    ana> TRAFFIC tv
    200-Transfers of all in tv:
    ~ all     up             1    1
    ~ all     down           1    1
    root> TRAFFIC vault
    ~ all     up             1    1`)
  for (const line of ['ALUP', 'DAYDN 3', 'GPAL', 'GPWD 3', 'TRAFFIC']) {
    const hidden = await site.say(`ana> ${line} vault`)
    expect(hidden).toBe('550 There is no section vault.')
    expect(await site.say(`ana> ${line} valut`)).toBe(hidden.replace('vault', 'valut'))
  }
  await setRights(site.system)
})

test('why: which line of the rights decides, where there is something to see', async () => {
  await setRights(site.system, 'privpath /incoming/Hidden 1\nlist /* *\nupload /* 1')
  await site.replay(`
    ana> WHY /incoming upload
    200-What ana may do at /incoming:
    ~ upload  no
    ana> WHY /incoming
    ~ list       yes
    ~ list /* *
    ana> WHY incoming LIST
    ~ list   yes
    ana> WHY /incoming/Hidden
    550 /incoming/Hidden: No such file or directory.
    root> WHY /incoming/Hidden list
    ~ list   yes
    ana> WHY /incoming fly
    501-a right over a path is one of
    ana> WHY
    501-Something is missing.`)
  await setRights(site.system)
})

test('logs are for auditors, addresses for who may see them', async () => {
  await site.replay(`
    root> GIVE ben 1M
    200`)
  await site.caughtUp()
  await site.replay(`
    aud> SYSLOG
    200-What was done:
    ~ ledger.credited
    ~ when, UTC
    aud> SYSLOG 1
    ~ 200 1 line.
    aud> SYSLOG 0
    501-a count is 1 to 200
    ana> SYSLOG
    550
    aud> LOGINS 5 ana
    200-Logins:
    ~ ana
    ! 127.0.0.1
    ! root
    root> LOGINS ana
    ~ 127.0.0.1
    root> LOGINS 1
    ~ 200 1 login.
    root> LOGINS 0
    501-a count is 1 to 200
    ana> LOGINS
    550`)
})

test('a token does what it was made for alone', async () => {
  const client = await loginByToken(site.ftp, 'root', ['upload'])
  await client.say('SITE XDUPE 3', '200')
  await client.say('SITE HELP', '214')
  for (const line of ['WHO', 'USER', 'STATS', 'WHY /', 'TAGLINE x', 'GIVE ana 1M', 'KICK ana']) {
    await client.say(`SITE ${line}`, '550')
  }
  const reader = await loginByToken(site.ftp, 'ana', ['read'])
  await reader.say('SITE USER', '200')
  for (const line of ['TAGLINE x', 'GIVE ben 1', `PASSWD password ${GOOD}`, 'KICK ana']) {
    await reader.say(`SITE ${line}`, '550')
  }
})
