import { existsSync } from 'node:fs'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

const R = '/incoming/Rel-GRP'

let site: Releases
beforeEach(async () => {
  site = await startReleases({ asksState: true })
  await site.tell('ana', `MKD ${R}`, '257')
  await site.tell('ana', `MKD ${R}/CD1`, '257')
  await site.bring('ana', `${R}/a.rar`, 600)
  await site.bring('ana', `${R}/CD1/b.rar`, 400)
  await site.credits({ ana: 3_000 })
})
afterEach(() => site.stop())

test('SITE WIPE removes a file or directory, and nobody loses credits', async () => {
  await site.replay(`
    root> WIPE ${R}/a.rar
    200 /incoming/Rel-GRP/a.rar successfully wiped.
    root> WIPE ${R}/CD1
    200 /incoming/Rel-GRP/CD1 successfully wiped.
    root> WIPE ${R}/CD1
    550 /incoming/Rel-GRP/CD1: No such file or directory.
  `)
  expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP', 'a.rar'))).toBe(false)
  expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP', 'CD1'))).toBe(false)
  await site.replay(`
    root> WIPE ${R}
    200 /incoming/Rel-GRP successfully wiped.
  `)
  expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP'))).toBe(false)
  await site.tell('ana', `MKD ${R}`, '257')
  // What comes after the wipe is looked at after it: nothing else was taken.
  await site.bring('ana', `${R}/a.rar`, 1)
  await site.credits({ ana: 3_003 })
  expect(await site.facts('ledger.reversed')).toEqual([])
  await expect.poll(() => site.announced()).toContainEqual('[incoming] Rel-GRP: wiped by root')
})

test('what holds directories goes with -r alone', async () => {
  await site.replay(`
    root> WIPE ${R}
    550 /incoming/Rel-GRP holds directories: SITE WIPE -r takes them too.
    root> WIPE -r ${R}
    200 /incoming/Rel-GRP successfully wiped.
  `)
  expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP'))).toBe(false)
})

test('it needs the right, spares sections and what is being uploaded', async () => {
  const ana = await site.ftp.login('ana')
  const data = await ana.passive()
  await ana.say(`STOR ${R}/c.rar`, '150')
  await site.replay(`
    ana> WIPE ${R}/a.rar
    550
    root> WIPE -r /incoming
    550 Sections are removed by the site alone.
    root> WIPE -r /
    550
    root> WIPE -r ${R}
    450 c.rar is being uploaded by ana.
    root> WIPE
    501-Something is missing.
  `)
  data.end('done')
  expect(await ana.read()).toMatch(/^226/)
  await ana.close()
  expect(existsSync(site.ftp.sitePath('incoming', 'Rel-GRP', 'a.rar'))).toBe(true)
})
