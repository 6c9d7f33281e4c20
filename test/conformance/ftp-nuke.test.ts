import { existsSync } from 'node:fs'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

const MIB = 2 ** 20

let site: Releases
afterEach(() => site.stop())

/** A release with 1,000 bytes of ana's and 501 of ben's. */
async function release(name = 'Rel-GRP'): Promise<string> {
  const path = `/incoming/${name}`
  await site.tell('ana', `MKD ${path}`, '257')
  expect(await site.bring('ana', `${path}/a.rar`, 600)).toMatch(/^226/)
  expect(await site.bring('ana', `${path}/b.rar`, 400)).toMatch(/^226/)
  expect(await site.bring('ben', `${path}/c.rar`, 501)).toMatch(/^226/)
  return path
}

describe('SITE NUKE', () => {
  beforeEach(async () => {
    site = await startReleases({ asksState: true })
  })

  test('takes what was earned and the penalty, by each ratio; SITE UNNUKE gives exactly that back', async () => {
    await site.setRatio('ben', 1.5)
    const path = await release()
    await site.credits({ ana: 3_000, ben: 751 })
    await site.replay(`
      root> NUKE ${path} 3 bad pack
      200-Nuke of [NUKED]-Rel-GRP has succeeded: 3x, bad pack.
      ~ ana
      ~ 200 2 nukees.
    `)
    // glFTPd: size x (ratio + multiplier - 1).
    const after = { ana: 3_000 - 1_000 * 5, ben: 751 - Math.floor(501 * 3.5) }
    await site.credits(after)
    await expect.poll(() => site.names('ana', '/incoming')).toContain('[NUKED]-Rel-GRP')
    expect(existsSync(site.ftp.sitePath('incoming', '[NUKED]-Rel-GRP', 'a.rar'))).toBe(true)
    expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP'))).toBe(false)
    // Whatever the ratio is by then.
    await site.setRatio('ben', 7)
    await site.replay(`
      root> UNNUKE ${path} was good
      200 Unnuke of Rel-GRP has succeeded: was good.
    `)
    await site.credits({ ana: 3_000, ben: 751 })
    expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP', 'a.rar'))).toBe(true)
    await expect.poll(() => site.names('ana', '/incoming')).not.toContain('[NUKED]-Rel-GRP')
    const [nuke] = await site.facts('race.nuked')
    const debits = await site.facts('ledger.debited')
    expect(debits.map(({ data }) => data.cause)).toEqual(
      Array.from({ length: 2 }, () => ({
        kind: 'nuke',
        fact: nuke!.id,
        race: nuke!.stream.slice(5),
        note: 'bad pack',
      })),
    )
  })

  test('leaves leeches alone, and by the multiplier 0 everybody', async () => {
    await site.setRatio('ben', 0)
    const path = await release()
    await site.credits({ ana: 3_000 })
    await site.replay(`
      root> NUKE ${path} 0 wrong section
      200-Nuke of
      root> UNNUKE ${path}
      200 Unnuke of Rel-GRP has succeeded.
      root> NUKE ${path} 2x really bad
      200-Nuke of
    `)
    await site.credits({ ana: -1_000, ben: 0 })
    expect(await site.facts('ledger.debited')).toHaveLength(1)
  })

  test('of a directory without files costs its maker what the section says', async () => {
    await site.tell('ana', 'MKD /incoming/Empty', '257')
    await site.replay(`
      root> NUKE /incoming/Empty 5 empty
      200-Nuke of [NUKED]-Empty has succeeded
      ~ ana
    `)
    await site.credits({ ana: -50 * MIB })
    await site.replay(`
      root> UNNUKE /incoming/[NUKED]-Empty
      200 Unnuke of Empty
    `)
    await site.credits({ ana: 0 })
  })

  test('is counted once: what is deleted from a nuked release costs nothing more', async () => {
    const path = await release()
    await site.credits({ ana: 3_000, ben: 1_503 })
    await site.say(`root> NUKE ${path} 1 bad`)
    await site.credits({ ana: 0, ben: 0 })
    await site.tell('root', 'DELE /incoming/[NUKED]-Rel-GRP/a.rar', '250')
    await site.tell('ben', 'DELE /incoming/[NUKED]-Rel-GRP/c.rar', '250')
    // Something that costs, after both: the deletions have been looked at before it.
    await site.say('root> UNNUKE /incoming/[NUKED]-Rel-GRP')
    // What is still there is theirs again; what was deleted meanwhile is not.
    await site.credits({ ana: 1_200, ben: 0 })
    const kinds = (await site.facts('ledger.reversed')).map(({ data }) => data.cause.kind)
    expect(kinds.toSorted()).toEqual(['deletion', 'deletion', 'unnuke', 'unnuke'])
  })

  test('breaks off what is on its way, and takes no more', async () => {
    const path = await release()
    const ana = await site.ftp.login('ana')
    const data = await ana.passive()
    await ana.say(`STOR ${path}/d.rar`, '150')
    data.write(Buffer.alloc(100))
    await site.say(`root> NUKE ${path} 1 bad`)
    data.end()
    expect((await ana.read())!.slice(0, 1)).toMatch(/[45]/)
    await ana.close()
    expect(await site.bring('ana', '/incoming/[NUKED]-Rel-GRP/e.rar', 10)).toMatch(/^5\d\d .*nuked/)
    expect(await site.facts('race.file-accepted')).toHaveLength(3)
    await site.credits({ ana: 0, ben: 0 })
  })

  test('is for those with the right, within the section’s bounds, and for releases', async () => {
    const path = await release()
    await site.replay(`
      ana> NUKE ${path} 1 revenge
      550
      root> NUKE ${path} 11 too much
      550 The multiplier is 10 at most.
      root> NUKE ${path} -1 bad
      501-the multiplier is a whole number
      root> NUKE ${path} 1
      501-Something is missing.
      root> NUKE ${path}/a.rar 1 bad
      550 /incoming/Rel-GRP/a.rar is no release.
      root> NUKE /incoming 1 bad
      550
      root> NUKE /incoming/None 1 bad
      550 /incoming/None: No such file or directory.
      root> UNNUKE ${path}
      550 Rel-GRP is not nuked.
      root> NUKE ${path} 1 bad
      200-
      root> NUKE /incoming/[NUKED]-Rel-GRP 1 again
      550 [NUKED]-Rel-GRP was nuked by root: bad
    `)
    expect(await site.facts('race.nuked')).toHaveLength(1)
  })

  test('tells nobody of what is hidden, though they may nuke', async () => {
    await site.system.addMember({ name: 'nancy', group: 'NUKERS', flags: '3AB' })
    await site.replay(`
      root> ADDAFFIL CREW
      200 /pre-CREW is made
    `)
    await site.tell('ana', 'MKD /pre-CREW/Secret-CREW', '257')
    const hidden = await site.say('nancy> NUKE /pre-CREW/Secret-CREW 1 bad')
    const absent = await site.say('nancy> NUKE /pre-NONE/Secret-CREW 1 bad')
    expect(hidden.replaceAll('CREW', 'NONE')).toBe(absent.replaceAll('CREW', 'NONE'))
    expect(hidden).toMatch(/^550/)
    expect(await site.say('root> NUKE /pre-CREW/Secret-CREW 1 bad')).toMatch(/^550 .*not published/)
  })

  test('finds another name when that of the nuked one is taken, or too long', async () => {
    await site.tell('ana', 'MKD /incoming/[NUKED]-R', '257')
    await site.tell('ana', 'MKD /incoming/R', '257')
    expect(await site.say('root> NUKE /incoming/R 1 bad')).toMatch(/\[NUKED\]-R\.2 has succeeded/)
    const long = 'L'.repeat(253)
    await site.tell('ana', `MKD /incoming/${long}`, '257')
    await site.say(`root> NUKE /incoming/${long} 1 bad`)
    const cut = `[NUKED]-${'L'.repeat(247)}`
    await expect.poll(() => site.names('ana', '/incoming')).toContain(cut)
    await site.tell('ana', 'MKD /incoming/R', '257')
    expect(await site.say('root> UNNUKE /incoming/[NUKED]-R.2')).toMatch(/^550 There is another R:/)
    expect(await site.say(`root> UNNUKE /incoming/${cut}`)).toMatch(/^200/)
    await expect.poll(() => site.names('ana', '/incoming')).toContain(long)
  })
})

test('NUKES, UNNUKES and NUKETOP tell what was nuked, and the room hears it', async () => {
  site = await startReleases()
  const path = await release()
  await release('Other-GRP')
  await site.say(`root> NUKE ${path} 3 bad pack`)
  await site.say('root> NUKE /incoming/Other-GRP 2 dupe')
  await site.say('root> UNNUKE /incoming/Other-GRP no dupe')
  await site.caughtUp()
  await site.replay(`
    ben> NUKES
    200-Nukes:
    ~ Rel-GRP
    ~ ana,ben
    ~ bad pack
    ! Other-GRP
    ~ 200 1 nuke.
    ben> UNNUKES 5
    200-Unnukes:
    ~ Other-GRP
    ~ no dupe
    ~ 200 1 nuke.
    ben> NUKETOP
    200-Most nuked:
    ~ ana
    ~ 200 2 members.
    ben> NUKES 0
    501-a count is 1 to 100
  `)
  await expect
    .poll(() => site.announced())
    .toEqual(
      expect.arrayContaining([
        expect.stringContaining(
          'nuked 3x by root: bad pack, ana/CREW (2 files, 1000 B), ben/OTHER',
        ),
        expect.stringContaining('unnuked by root: no dupe'),
      ]),
    )
})
