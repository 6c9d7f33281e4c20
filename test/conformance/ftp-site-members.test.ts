import { afterAll, beforeAll, expect, test } from 'vitest'

import { GOOD, type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.stop())

test('a siteop makes, deletes, brings back and purges members', () =>
  site.replay(`
    root> ADDUSER cleo ${GOOD} *@127.0.0.1 id@192.0.2.*
    200 cleo is a member of MEMBERS now, and may come from 2 masks.
    root> ADDUSER cleo ${GOOD}
    550
    root> ADDUSER cleo
    501-Something is missing.
    ~ Usage: SITE ADDUSER <user> <password>
    root> ADDUSER no/name ${GOOD}
    501-name: 1 to 24 letters
    root> ADDUSER dora short
    550
    root> ADDUSER dora ${GOOD} not-a-mask
    501-an address is given as ident@address
    root> USER dora
    550 There is no such member.
    root> GADDUSER OTHER dora ${GOOD}
    200 dora is a member of OTHER now, and may come from every address: see ADDIP.
    root> PURGE dora
    503
    root> DELUSER dora for a reason
    200 dora is deleted
    root> ADDIP dora *@127.0.0.1
    503 That account is deleted.
    root> READD dora
    200 dora is a member again.
    root> READD dora
    503
    root> DELUSER dora
    200
    root> PURGE dora
    200 dora is gone for good.
    root> PURGE nobody
    550 There is no such member.
    root> RENUSER cleo cleopatra
    502 The name of a member is for ever
    root> READD
    501-Something is missing.
    ~ Usage: SITE READD <user>`))

test('who was made comes in, from where they may', async () => {
  await site.replay(`
    root> ADDUSER here ${GOOD} *@127.0.0.*
    200
    root> ADDUSER there ${GOOD} *@192.0.2.*
    200`)
  for (const [name, code] of [
    ['here', '230'],
    ['there', '530'],
  ] as const) {
    const client = await site.ftp.connect()
    await client.expect('220')
    await client.say(`USER ${name}`, '331')
    await client.say(`PASS ${GOOD}`, code)
    await client.close()
  }
})

test('members change nothing of others', () =>
  site.replay(`
    ana> ADDUSER eve ${GOOD}
    550
    ana> GADDUSER CREW eve ${GOOD}
    550
    ana> DELUSER ben
    550
    ana> READD ben
    550
    ana> PURGE ben
    550
    ana> CHPASS ben ${GOOD}
    550
    ana> ADDIP ben *@*
    550
    ana> DELIP ben *@*
    550
    ana> USER ben
    550
    ana> USERS
    550
    ana> FLAGS ben
    550
    ana> CHANGE ben ratio 0
    550
    ana> CHANGE ana ratio 0
    550
    ana> CHANGE {ana ben} comment x
    550-Changing:
    ~ refused:
    ~ 550 0 members of 2 changed.
    ana> CHANGE * comment x
    550`))

test('an admin of a group does so with its members alone', () =>
  site.replay(`
    gus> ADDUSER finn ${GOOD}
    200 finn is a member of CREW now
    gus> GADDUSER OTHER greg ${GOOD}
    550
    gus> DELUSER ben
    550
    gus> CHANGE finn ratio 2
    200 finn: ratio is 1:2 in default now.
    gus> CHANGE finn ratio 5
    550
    gus> CHANGE finn flags +1
    550
    gus> CHANGE ben ratio 2
    550
    gus> CHANGE finn max_sim_up 2
    200 finn: max_sim_up is 2 now.
    gus> CHPASS finn ${GOOD}-2
    200 The password of finn is set
    gus> USER finn
    200-Record of finn:
    ~ uploads, at a time        2
    gus> USER ben
    550
    gus> GINFO
    200-Members of CREW:
    ~ finn
    gus> GINFO OTHER
    550
    gus> CHGRP finn OTHER
    550
    gus> CHGRP ben CREW
    550
    gus> CHGADMIN finn CREW
    550
    gus> GRPNFO CREW the best
    200 CREW: the best
    gus> GRPCHANGE CREW slots 100
    550
    gus> GRPDEL CREW
    550
    gus> CHGRP finn CREW
    550
    gus> DELUSER finn
    200 finn is deleted
    gus> GIVE finn 1G
    503
    gus> SYSLOG
    550
    gus> SWHO
    550
    gus> KICK ana
    550`))

test('records show what there is, with named columns', async () => {
  await site.caughtUp()
  await site.replay(`
    ana> USER
    200-Record of ana:
    ~ groups
    ~ CREW
    ~ credits, MiB
    ana> SHOW ana
    200-Record of ana:
    ana> USER ana ben
    501-That is too much.
    ana> FLAGS
    200-Flags of ana:
    ~ sees no other groups
    root> FLAGS root
    ~ siteop
    root> FLAGS nobody
    550
    root> USERS
    200-Members:
    ~ last seen, UTC
    ~ ana 
    root> USERS =CREW
    ~ gus
    ! ben
    root> USERS an
    ~ ana
    ! gus
    root> USERS zz
    200-Members:
    ~ 200 0 members.
    ana> SEEN ben
    200 ben has never been here.
    ana> SEEN nobody
    501-there is no such member
    ana> SEEN
    501-Something is missing.
    ana> LASTON
    200-Here lately:
    ~ last seen, UTC
    ~ root
    ana> LASTON 0
    501-a count is 1 to 100
    ana> TAGLINE always on time
    200 Your tagline is: always on time
    ana> TAGLINE
    501-Something is missing.`)
  await site.caughtUp()
  await site.replay(`
    ana> LASTON 5
    ~ always on time`)
  expect(await site.say(`ana> TAGLINE ${'x'.repeat(121)}`)).toMatch(/^501-tagline: /)
})

test('addresses are added and taken away', () =>
  site.replay(`
    root> ADDIP ben *@192.0.2.* *@127.0.0.1
    200 ben may come from 2 masks now.
    root> ADDIP ben nonsense
    501-
    root> ADDIP ben
    501-Something is missing.
    root> DELIP ben *@192.0.2.*
    200 ben may come from 1 mask now.
    root> DELIP ben *@192.0.2.*
    550
    root> DELIP ben *@127.0.0.1
    200 ben may come from every address now.`))

test('passwords are set, and neither shown nor kept', async () => {
  const secret = 'unlikely-secret-phrase'
  await site.replay(`
    root> CHPASS ben ${secret}-1
    200 The password of ben is set, and all their sessions have ended.
    root> CHPASS ben short
    550
    root> CHPASS root ${secret}-1
    501-your own password is set by SITE PASSWD
    root> CHPASS nobody ${secret}-1
    550
    root> CHPASS ben
    501-Something is missing.
    ana> PASSWD wrong ${secret}-2
    550 Login incorrect.
    ana> PASSWD ${secret}-2
    501-Something is missing.
    ! ${secret}`)
  const again = await site.ftp.login('ana')
  const reply = await again.say(`SITE PASSWD password ${secret}-2`)
  // The session may hear of its own end first.
  expect(reply).toMatch(/^(200|421) Your password (is set|was changed): log in again\.$/)
  for await (const fact of site.system.log.readAll({})) {
    expect(JSON.stringify(fact)).not.toContain(secret)
  }
  const fresh = await site.ftp.connect()
  await fresh.expect('220')
  await fresh.say('USER ana', '331')
  await fresh.say(`PASS ${secret}-2`, '230')
})
