import { afterAll, beforeAll, expect, test } from 'vitest'

import type { RaceCommand } from '#actors/race/race.commands.ts'
import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'
import { readModelsOfState } from '#test/conformance/state-read-models.ts'
import { createTestSystem } from '#test/harness.ts'

let site: SiteFixture
let ana: FtpClient

beforeAll(async () => {
  site = await startSite()
  ana = await site.ftp.login('ana')
  for (const rules of ['MP3 dupe_days=30', 'GAMES dupe_days=30', 'ASKED purpose=requests']) {
    await site.say(`root> SECTION ADD ${rules}`)
  }
})
afterAll(async () => {
  await ana.close()
  await site.stop()
})

test('a release is found behind any number of requests of its name', async () => {
  await ana.say('MKD /MP3/Wanted-CREW', '257')
  const { host, ids } = site.system
  for (let requests = 0; requests < 60; requests++) {
    const command: RaceCommand = {
      type: 'race.create',
      section: 'ASKED',
      release: 'Wanted-CREW',
    }
    const context = { by: 'ben', connection: null, commandId: ids.next() }
    await host.send({ kind: 'race', id: ids.next() }, command, context)
  }
  await site.caughtUp()
  expect(await ana.say('MKD /GAMES/Wanted-CREW')).toMatch(
    /^553 Wanted-CREW is a dupe: it came to \/MP3 on /,
  )
})

test('a name is let go only by who may in every section that it was in', async () => {
  await ana.say('MKD /MP3/Both-CREW', '257')
  await ana.say('MKD /incoming/Both-CREW', '257')
  await ana.say('MKD /MP3/Music-CREW', '257')
  await site.caughtUp()
  const rights = (more: string) => setRights(site.system, `${more}\n${DEFAULT_RIGHTS_TEXT}`)
  await rights('undupe /MP3/* =OTHER\nundupe /incoming/* 1')
  const cleared = `200-No dupes any more:\n Music-CREW\n200 1 name.`
  expect(await site.say('ben> UNDUPE *-CREW')).not.toContain('Both-CREW')
  expect(await site.say('ben> UNDUPE Music-*')).toBe(cleared)
  expect(await site.say('ben> UNDUPE Both-CREW')).toMatch(
    /^550 ben may not undupe \/incoming\/Both/,
  )
  await ana.say('MKD /GAMES/Both-CREW', '553')
  // Of a place that is hidden nothing is told: it counts as others there that are not.
  await rights('privpath /incoming/Both* 1\nundupe /incoming/Both* 1\nundupe /* =OTHER')
  expect(await site.say('ben> UNDUPE Both-CREW')).toContain('Both-CREW')
  await ana.say('MKD /GAMES/Both-CREW', '257')
  await rights('')
})

test('while it is not known what was made last, no release is made', async () => {
  const system = await createTestSystem()
  await system.addMember({ name: 'ben' })
  const rules = { dupe_days: 30 }
  await operate(system, 'section.set', { section: 'incoming', rules })
  let isLate = false
  const readModels = {
    ...readModelsOfState(system),
    dupesOf: async () => ({ isDeclared: false, found: [] }),
    reached: async () => !isLate,
  }
  const ftp = await startFtp({ system, readModels })
  const ben = await ftp.login('ben')
  await ben.say('MKD /incoming/First-OTHER', '257')
  isLate = true
  await ben.say('MKD /incoming/Second-OTHER', '450 What was changed last is not known here yet')
  isLate = false
  await ben.say('MKD /incoming/Second-OTHER', '257')
  await ftp.stop()
  await system.stop()
})
