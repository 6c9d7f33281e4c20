import { existsSync } from 'node:fs'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

const R = '/pre-CREW/Rel-CREW'

let site: Releases
beforeEach(async () => {
  site = await startReleases({ asksState: true })
  await site.say('root> SECTION ADD MP3')
  await site.say('root> ADDAFFIL crew incoming MP3')
})
afterEach(() => site.stop())

/** 1,000 bytes of ana's and 501 of gus's in the pre section of both. */
async function release(): Promise<void> {
  await site.tell('ana', `MKD ${R}`, '257')
  expect(await site.bring('ana', `${R}/a.rar`, 1_000)).toMatch(/^226/)
  expect(await site.bring('gus', `${R}/b.rar`, 501)).toMatch(/^226/)
}

describe('a pre section', () => {
  test('is there for its group and for siteops, and for nobody else', async () => {
    await release()
    await expect.poll(() => site.names('ana', '/')).toContain('pre-CREW')
    await expect.poll(() => site.names('root', '/')).toContain('pre-CREW')
    expect(await site.names('ben', '/')).not.toContain('pre-CREW')
    for (const line of ['CWD %', 'MKD %/x', 'SITE PRE %', 'SITE PREVIEW %', 'SITE WIPE -r %']) {
      const hidden = await site.tell('ben', line.replace('%', R))
      const absent = await site.tell('ben', line.replace('%', '/pre-NONE/Rel-CREW'))
      expect(hidden.replaceAll('CREW', 'NONE')).toBe(absent.replaceAll('CREW', 'NONE'))
      expect(hidden).toMatch(/^5/)
    }
    await site.replay(`
      ben> AFFILS
      200-Affils:
      ~ 200 0 affils.
      ben> PRES
      200-To be published:
      ~ 200 0 releases.
      ana> AFFILS
      200-Affils:
      ~ incoming, MP3
      ~ 200 1 affil.
    `)
  })

  test('earns nothing, counts for nothing and is not talked about', async () => {
    await release()
    // An upload elsewhere is looked at after those.
    await site.tell('ana', 'MKD /incoming/X', '257')
    await site.bring('ana', '/incoming/X/x.rar', 1)
    await site.credits({ ana: 3, gus: 0 })
    await expect.poll(() => site.announced()).toContainEqual('[incoming] X: new release by ana')
    expect((await site.announced()).filter((line) => line.includes('Rel-CREW'))).toEqual([])
  })

  test('ends when it is empty', async () => {
    await release()
    expect(await site.say('root> DELAFFIL CREW')).toMatch(/^550 .*releases/)
    await site.say(`root> WIPE ${R}`)
    await site.replay(`
      ana> DELAFFIL CREW
      550
      root> DELAFFIL CREW
      200 CREW is no affil any more.
      root> DELAFFIL CREW
      550 CREW is no affil.
      root> ADDAFFIL NOBODY
      550 There is no group NOBODY.
      root> ADDAFFIL CREW nowhere
      550 nowhere is no section
      root> ADDAFFIL CREW
      200 /pre-CREW is made; it publishes in MP3, incoming.
      root> ADDAFFIL CREW
      550 CREW is an affil already.
    `)
  })
})

describe('SITE PRE', () => {
  test('publishes at once: files, credits, names, and one line for everybody', async () => {
    await site.setRatio('gus', 1.5)
    await release()
    await site.replay(`
      ana> PREVIEW ${R}
      200-Rel-CREW would be published in incoming: 2 files, 0 MiB.
      ~ Mind: it has no sfv.
      ~ Mind: it has no nfo.
      ~ 3000
      ~ 751
      ana> PRE ${R}
      200 Rel-CREW is published in incoming: 2 files, 0 MiB.
    `)
    await site.credits({ ana: 3_000, gus: 751 })
    await expect.poll(() => site.names('ben', '/incoming')).toContain('Rel-CREW')
    await expect.poll(() => site.names('ana', '/pre-CREW')).not.toContain('Rel-CREW')
    expect(existsSync(site.ftp.sitePath('incoming', 'Rel-CREW', 'b.rar'))).toBe(true)
    expect(existsSync(site.ftp.sitePath('pre-CREW', 'Rel-CREW'))).toBe(false)
    await expect
      .poll(() => site.announced())
      .toEqual(['[incoming] Rel-CREW: published by CREW: 2 files, 1.5 KiB'])
    const { content } = await (await site.as('ben')).retrieve('RETR /incoming/Rel-CREW/b.rar')
    expect(content).toHaveLength(501)
  })

  test('lets what is deleted later, or nuked, cost what it had earned', async () => {
    await release()
    await site.say(`ana> PRE ${R}`)
    await site.credits({ ana: 3_000, gus: 1_503 })
    await site.bring('ana', '/incoming/Rel-CREW/c.rar', 10)
    await site.tell('gus', 'DELE /incoming/Rel-CREW/b.rar', '250')
    await site.credits({ ana: 3_030, gus: 0 })
    await site.say('root> NUKE /incoming/Rel-CREW 1 stolen')
    await site.credits({ ana: 0, gus: 0 })
    await site.say('root> UNNUKE /incoming/Rel-CREW')
    await site.credits({ ana: 3_030, gus: 0 })
    await site.tell('ana', 'DELE /incoming/Rel-CREW/a.rar', '250')
    await site.credits({ ana: 30 })
  })

  test('moves nothing when something is in the way', async () => {
    await release()
    await site.tell('ben', 'MKD /MP3/Rel-CREW', '257')
    await site.tell('ana', 'MKD /pre-CREW/Empty', '257')
    await site.replay(`
      ana> PREVIEW ${R} MP3
      200-Rel-CREW would not be published in MP3
      ~ In the way: there is a Rel-CREW in MP3 already.
      ana> PRE ${R} MP3
      550 Rel-CREW already exists.
      ana> PRE ${R} pre-CREW
      550 CREW publishes in incoming, MP3.
      ana> PRE ${R} nowhere
      550 CREW publishes in incoming, MP3.
      ana> PRE /pre-CREW/Empty
      550
      ana> PRE /pre-CREW/None
      550 /pre-CREW/None: No such file or directory.
      root> PRE /MP3/Rel-CREW
      550 MP3 is no group's pre section.
    `)
    const gus = await site.ftp.login('gus')
    const data = await gus.passive()
    await gus.say(`STOR ${R}/c.rar`, '150')
    await site.replay(`
      ana> PRE -n ${R}
      ~ In the way: c.rar is being uploaded.
      ana> PRE ${R}
      450 c.rar is being uploaded.
    `)
    // The name in the other section was given up again.
    await site.tell('ben', 'MKD /incoming/Rel-CREW', '257')
    data.end('x')
    await gus.read()
    await gus.close()
    expect(existsSync(site.ftp.sitePath('pre-CREW', 'Rel-CREW', 'a.rar'))).toBe(true)
    expect(await site.facts('race.published')).toEqual([])
  })
})
