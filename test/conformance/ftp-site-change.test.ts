import { afterAll, beforeAll, expect, test } from 'vitest'

import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.stop())

/** Field, value, how the answer goes on, and what SITE USER shows then. */
const CHANGES: readonly (readonly [string, string, string, string])[] = [
  ['ratio', '5', '1:5 in default', '1:5'],
  ['ratio', '0 incoming', 'leech in incoming', 'leech'],
  ['wkly_allotment', '10G', '10485760 KiB in default', '10240'],
  ['wkly_allotment', '0', 'none in default', 'ratio'],
  ['credits', '5M', '5120 KiB in default', ' 5 '],
  ['credits', '1M', '1024 KiB in default', ' 1 '],
  ['flags', '+AB', '3AB', 'flags                     3AB'],
  ['flags', '-a', '3B', 'flags                     3B'],
  ['flags', '=3', '3', 'flags                     3'],
  ['idle_time', '30', '30 minutes', '1800'],
  ['idle_time', '0', 'never', 'idle time, seconds        0'],
  ['idle_time', 'none', 'as the site has it', 'idle time, seconds        -'],
  ['max_dlspeed', '500', '500 KiB/s', '512000'],
  ['max_ulspeed', '2M', '2048 KiB/s', '2097152'],
  ['max_ulspeed', '0', 'no limit', 'upload speed, bytes/s     -'],
  ['max_sim_down', '3', '3', 'downloads, at a time      3'],
  ['max_sim_up', '0', '0', 'uploads, at a time        0'],
  ['max_sim_up', '-1', 'no limit', 'uploads, at a time        -'],
  ['num_logins', '4 2', '4, from one address 2', 'logins, from one address  2'],
  ['num_logins', 'none', 'no limit', 'logins, at a time         -'],
  ['timeframe', '8 18', '8 to 18 UTC', '8-18'],
  ['timeframe', 'none', 'at any hour', 'login hours, UTC          -'],
  ['startup_dir', '/incoming', '/incoming', '/incoming'],
  ['tagline', 'two words', 'two words', 'two words'],
  ['tagline', 'none', 'none', 'tagline                   -'],
  ['comment', 'knows a lot', 'knows a lot', 'knows a lot'],
  ['expires', '2099-01-31', '2099-01-31', '2099-01-31'],
  ['expires', 'none', 'never', 'expires                   -'],
  ['email', 'ben@example.com', 'set', 'ben@example.com'],
  ['real_name', 'Ben B.', 'set', 'Ben B.'],
  ['role', 'moderator', 'moderator', 'moderator'],
  ['role', 'user', 'user', 'role                      user'],
  ['active', 'no', 'no', 'switched off'],
  ['active', 'yes', 'yes', 'standing                  active'],
]

test.each(CHANGES)('CHANGE ben %s %s', (field, value, told, shown) =>
  site.replay(`
    root> CHANGE ben ${field} ${value}
    200 ben: ${field} is ${told} now.
    root> USER ben
    ~ ${shown}`),
)

const WRONG: readonly (readonly [string, string])[] = [
  ['ratio x', 'a ratio is a number'],
  ['ratio 1001', 'ratio'],
  ['ratio 3 no/section', 'section'],
  ['ratio 3 incoming more', 'ratio takes'],
  ['wkly_allotment -5', 'an amount is KiB'],
  ['credits x', 'an amount is KiB'],
  ['flags A', 'flags are'],
  ['flags +Z', 'flags are'],
  ['idle_time x', 'minutes up to a day'],
  ['max_dlspeed fast', 'KiB a second'],
  ['max_sim_up 1.5', 'a number from 0'],
  ['num_logins 1 2 3', 'num_logins takes'],
  ['timeframe 8', 'two hours'],
  ['timeframe 8 24', 'two hours'],
  ['group_slots 5', 'is not the admin of one group'],
  ['expires tomorrow', 'a date such as'],
  ['expires 2027-02-31', 'a date such as'],
  ['email nobody', 'email'],
  ['role king', 'one of user, moderator'],
  ['active perhaps', 'one of yes, no'],
  ['constructor x', 'a field is one of ratio'],
  ['ratio', 'Something is missing'],
]

test.each(WRONG)('CHANGE ben %s is wrong', (said, words) =>
  site.replay(`
    root> CHANGE ben ${said}
    501-
    ~ ${words}
    ~ Usage: SITE CHANGE`),
)

test('groups: the primary one, and the slots of who is an admin', () =>
  site.replay(`
    root> CHGRP ben CREW
    200 ben is in OTHER, CREW now.
    root> CHANGE ben primary_group CREW
    200 ben: primary_group is CREW now.
    root> CHANGE ben primary_group STAFF
    550
    root> CHGRP ben CREW
    200 ben is in OTHER now.
    root> CHANGE gus group_slots 20 2
    200 gus: group_slots is 20 in CREW, leeches 2 now.
    root> GRP CREW
    ~ /20
    root> CHANGE nobody ratio 3
    550 There is no such member.`))

test('many at a time, each by itself', async () => {
  await site.caughtUp()
  await site.replay(`
    root> CHANGE {ana nobody ben} ratio 2
    200-Changing:
    ~ ana     1:2 in default
    ~ nobody  refused: There is no such member.
    ~ 200 2 members of 3 changed.
    root> CHANGE =CREW max_sim_up 7
    200-Changing:
    ~ ana
    ~ gus
    ! ben
    ~ 200 2 members of 2 changed.
    root> CHANGE * comment everybody
    ~ 200 5 members of 5 changed.
    root> CHANGE {} ratio 3
    501-there is no such member
    root> CHANGE =NOBODIES ratio 3
    501-there is no such member`)
  const names = Array.from({ length: 101 }, (_, index) => `m${index}`).join(' ')
  expect(await site.say(`root> CHANGE {${names}} ratio 3`)).toContain('100 members at most')
})

test('credits are given and taken, with notes and sections', () =>
  site.replay(`
    root> GIVE ana 10M for the win
    200 ana has 10 MiB in default now.
    root> GIVE ana 1G default
    200 ana has 1034 MiB in default now.
    root> GIVE ben 1G incoming nicely done
    200 ben has 1024 MiB in incoming now.
    root> TAKE ben 1G incoming
    200 ben has 0 MiB in incoming now.
    root> TAKE ana 34M
    200 ana has 1000 MiB in default now.
    root> TAKE ana 2000M
    200 ana has -1000 MiB in default now.
    root> GIVE ana 1010M
    200 ana has 10 MiB in default now.
    ana> GIVE ben 4M thanks
    200 Given of your own: you have 6 MiB in default now.
    ana> GIVE ben 400M
    550
    ana> GIVE ana 1M
    501-nobody gives to themselves
    ana> TAKE ben 1M
    550
    root> GIVE nobody 1M
    550 There is no such member.
    root> GIVE ana much
    501-an amount is KiB
    root> GIVE ana 0
    501-nothing is not an amount
    root> GIVE ana
    501-Something is missing.
    root> TAKE
    501-Something is missing.
    ana> STAT
    200-Credits of ana:
    ~ section  credits, MiB
    ~ default
    ana> STAT ben
    501-That is too much.`))

test('groups are made, described, changed and deleted', async () => {
  await site.replay(`
    root> GRPADD NEW the new ones
    200 NEW is a group now
    root> GRPADD bad/name
    501-name
    root> GRPADD
    501-Something is missing.
    ana> GRPADD MINE
    550
    root> GRPNFO NEW newer ones
    200 NEW: newer ones
    root> GRPNFO NEW
    501-Something is missing.
    root> GRPCHANGE NEW slots 5
    200 NEW: slots is 5 now.
    root> GRPCHANGE NEW leech_slots 1
    200 NEW: leech_slots is 1 now.
    root> GRPCHANGE NEW allot_slots none
    200 NEW: allot_slots is none now.
    root> GRPCHANGE NEW max_allot_size 1G
    200 NEW: max_allot_size is 1G now.
    root> GRPCHANGE NEW max_logins 9
    200 NEW: max_logins is 9 now.
    root> GRPCHANGE NEW private yes
    200 NEW: private is yes now.
    root> GRPCHANGE NEW private maybe
    501-yes or no
    root> GRPCHANGE NEW slots many
    501-a number up to
    root> GRPCHANGE NEW size 5
    501-a field is one of slots
    root> GRPCHANGE NOGROUP slots 5
    550
    root> GROUP NEW
    200-Record of NEW:
    ~ newer ones
    ~ 0/5
    ~ 1073741824
    ana> GROUP NEW
    550 There is no such group.
    ana> GRPCHANGE NEW slots 50
    550
    ana> GINFO NEW
    550 There is no such group.
    root> CHPGRP ana NEW
    200 ana is in CREW, NEW now.
    root> CHPGRP ana OTHER
    501-OTHER is not private
    ana> GRP NEW
    200-Record of NEW:
    root> CHGADMIN ana NEW
    200 ana is an admin of NEW now.
    root> CHGADMIN ana NEW
    200 ana is no longer an admin of NEW.
    root> CHGADMIN ana STAFF
    550
    ana> CHGADMIN ben OTHER
    550
    root> CHGRP ana NEW
    200 ana is in CREW now.
    root> CHGRP ana bad/name
    501-group
    ana> CHGRP ana STAFF
    550
    root> GRPREN NEW NEWER
    502 The name of a group is for ever`)
  await site.caughtUp()
  await site.replay(`
    root> GROUPS
    200-Groups:
    ~ name  
    ~ NEW
    ~ private
    ana> GROUPS
    ! NEW
    ~ CREW
    root> GRPDEL NEW
    200 NEW is deleted.
    root> GRPDEL NOGROUP
    550
    ana> GRPDEL CREW
    550
    root> GRPREADD NEW
    200 NEW is a group again.
    root> GINFO OTHER
    200-Members of OTHER:
    ~ ben`)
})
