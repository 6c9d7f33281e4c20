import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
let ana: FtpClient
let ben: FtpClient

beforeAll(async () => {
  site = await startSite()
  ana = await site.ftp.login('ana')
  ben = await site.ftp.login('ben')
})
afterAll(async () => {
  await ana.close()
  await ben.close()
  await site.stop()
})

test('sections are made, changed, shown and removed', async () => {
  await site.replay(`
    root> SECTION ADD MP3 dupe_days=30 banned_names=*.exe,*.com
    200-The rules of MP3:
    ~dupe_days                30
    ~banned_names             *.exe,*.com
    root> SECTION ADD MP3
    550 There is a section MP3 already.
    root> SECTION ADD PRE-CREW purpose=pre group=CREW targets=MP3 dupe_days=30
    550 The pre section of a group comes and goes with its affil
    root> ADDAFFIL CREW MP3
    200 /pre-CREW is made
    root> SECTION SET pre-CREW dupe_days=30
    200-The rules of pre-CREW:
    root> SECTION ADD GAMES dupe_days=30 refuses_file_dupes=yes
    200-
    root> SECTION ADD EMPTY
    200-
    root> SECTION SET EMPTY dupe_days=x
    501-
    root> SECTION SET EMPTY size=x
    501-
    root> SECTION TURN EMPTY
    501-
    root> SECTION REMOVE EMPTY
    200 EMPTY is removed.
    root> SECTION REMOVE EMPTY
    550 There is no section EMPTY.
    root> SECTION REMOVE MP3
    550 pre-CREW publishes its releases in MP3.
    root> SECTION ADD EMPTY
    200-
    root> SECTION REMOVE EMPTY
    200 EMPTY is removed.
    ana> SECTION SET MP3 dupe_days=0
    550
    ana> SECTIONS
    200-Sections:
    ~pre-CREW  pre
    ~4 sections.
    ben> SECTIONS
    200-
    !pre-CREW
    ~3 sections.
    ben> SECTIONS pre-CREW
    550 There is no section pre-CREW.
    ben> SECTIONS MP3
    200-The rules of MP3:
  `)
})

describe('dupes', () => {
  test('of releases: by name, whatever the case and the section', async () => {
    await ana.say('MKD /MP3/Some.Release-CREW', '257')
    const today = new Date().toISOString().slice(0, 10)
    expect(await ben.say('MKD /GAMES/some.release-crew')).toBe(
      `553 some.release-crew is a dupe: it came to /MP3 on ${today}.`,
    )
    // A section without the rule takes it.
    await ben.say('MKD /incoming/some.release-crew', '257')
    await ben.say('RMD /incoming/some.release-crew', '250')
    await ben.say('MKD /GAMES/Other.Release-OTHER', '257')
    await ben.say('RNFR /GAMES/Other.Release-OTHER', '350')
    await ben.say('RNTO /GAMES/Some.Release-CREW', '553')
    await ben.say('RNFR /GAMES/Other.Release-OTHER', '350')
    await ben.say('RNTO /GAMES/OTHER.Release-OTHER', '250')
    await ana.say('MKD /MP3/Some.Release-CREW', '550')
  })

  test('of two that make it at the same moment one is too late', async () => {
    for (const name of ['A.Race', 'B.Race', 'C.Race']) {
      const replies = await Promise.all([
        ana.say(`MKD /MP3/${name}`),
        ben.say(`MKD /GAMES/${name.toLowerCase()}`),
      ])
      expect(replies.map((reply) => reply.slice(0, 3)).toSorted()).toEqual(['257', '553'])
      await site.replay(`root> UNDUPE ${name}`)
    }
    for (const path of ['/MP3', '/GAMES']) {
      for (const name of ['A.Race', 'B.Race', 'C.Race']) {
        await ana.say(`RMD ${path}/${name}`)
        await ben.say(`RMD ${path}/${name.toLowerCase()}`)
      }
    }
  })

  test('a directory that nothing came into is none; one that had files is, when they have gone', async () => {
    await ana.say('MKD /MP3/Slip', '257')
    await ana.say('RMD /MP3/Slip', '250')
    await ana.say('MKD /MP3/Slip', '257')
    await ana.store('/MP3/Slip/a.mp3', 'a')
    await ana.say('DELE /MP3/Slip/a.mp3', '250')
    await ana.say('RMD /MP3/Slip', '250')
    await site.caughtUp()
    await ana.say('MKD /MP3/Slip', '553')
  })

  test("in another group's pre section are dupes of which no more is told", async () => {
    await ana.say('MKD /pre-CREW/Secret-CREW', '257')
    expect(await ben.say('MKD /GAMES/Secret-CREW')).toBe('553 Secret-CREW is a dupe.')
    expect(await ana.say('MKD /GAMES/Secret-CREW')).toMatch(/it came to \/pre-CREW on /)
    await site.replay(`
      ben> SEARCH secret
      200-Found:
      !pre-CREW
      ~0 releases.
      ben> DUPE secret
      ~0 releases.
      ana> SEARCH secret
      ~pre-CREW  Secret-CREW
      root> SEARCH secret
      ~1 release.
    `)
  })

  test('of files, where the section has the rule', async () => {
    await ana.store('/MP3/Some.Release-CREW/01-song.mp3', 'song')
    await ana.store('/MP3/Some.Release-CREW/crew.nfo', 'nfo')
    await site.caughtUp()
    const path = '/GAMES/OTHER.Release-OTHER'
    expect(await ben.store(`${path}/01-SONG.mp3`, 'x')).toMatch(
      /^553 01-SONG.mp3 is a dupe: it came to \/MP3\/Some.Release-CREW on /,
    )
    await ben.say(`PRET STOR ${path}/01-song.mp3`, '553')
    expect(await ben.store(`${path}/crew.nfo`, 'x')).toMatch(/^226/)
    await site.replay(`
      root> UNDUPE -f 01-*
      ~ 01-song.mp3
      ~1 name.
    `)
    await site.caughtUp()
    expect(await ben.store(`${path}/01-song.mp3`, 'x')).toMatch(/^226/)
  })

  test('are cleared and declared by who may', async () => {
    await site.replay(`
      ben> UNDUPE Some.Release-CREW
      550
      ben> PREDUPE Any
      550
      root> UNDUPE No.Such.*
      550 No.Such.*: no such name was here.
      root> UNDUPE some.release-*
      200-No dupes any more:
      ~ Some.Release-CREW
      root> PREDUPE Never.This
      200 Never.This is a dupe now.
      root> PREDUPE a/b
      553
      root> PREDUPE one two
      501-
    `)
    // What was answered holds for everybody at once.
    await ben.say('MKD /GAMES/Some.Release-CREW', '257')
    expect(await ben.say('MKD /GAMES/never.this')).toBe('553 never.this is a dupe.')
    await ben.say('MKD /incoming/never.this', '257')
    // What came after it was cleared is a dupe again.
    await site.caughtUp()
    await ana.say('MKD /MP3/SOME.RELEASE-CREW', '553')
    await site.replay(`
      root> UNDUPE Never.*
      ~ Never.This
      root> SYSLOG 5
      ~site.dupe-cleared
    `)
  })
})

describe('what was brought', () => {
  test('is listed, the newest first, and searched by all words', async () => {
    await site.replay(`
      ana> NEW
      200-The newest releases:
      ana> NEW 1 GAMES
      ~Some.Release-CREW
      ~1 release.
      ana> NEW 2 MP3
      ~1 release.
      ana> NEW 0
      501-
      ana> NEW GAMES MP3
      501-
      ana> SEARCH release CREW
      ~MP3      Some.Release-CREW
      ~GAMES    Some.Release-CREW
      !OTHER.Release
      ~2 releases.
      ana> SEARCH slip
      ~0 releases.
      ana> DUPE SLIP
      ~removed
      ana> SEARCH %
      ~0 releases.
      ana> SEARCH *
      501-
      ana> FDUPE song
      ~/MP3/Some.Release-CREW
      ~2 files.
      root> SECTION SET GAMES hidden_files=*.MP3
      200-
      ana> FDUPE song
      ~1 file.
      root> SECTION SET GAMES hidden_files=none
      200-
      ana> UPDATE
      200
    `)
  })

  test('with the room that it takes', async () => {
    await site.replay(`
      ben> DF
      200-
      ~MiB are free.
      !pre-CREW
      ~3 sections.
      ana> DF
      ~pre-CREW         1
      ~4 sections.
    `)
  })

  test('is not told where a path is hidden, or not in the log', async () => {
    await setRights(
      site.system,
      `privpath /MP3/Some* =CREW
       privpath *a.mp3 =CREW
       privpath /private 1
       list /* *
       dirlog /GAMES/* =CREW
       dirlog /* *
       undupe /* *`,
    )
    await site.replay(`
      ben> SEARCH release
      !Some.Release
      ~0 releases.
      ana> SEARCH release
      ~3 releases.
      ben> FDUPE song
      ~0 files.
      ben> UNDUPE -f *
      550 *: no such name was here.
      ben> DF
      ~MP3              0
    `)
    await setRights(site.system)
  })
})
