import { afterEach, expect, test } from 'vitest'

import type { PublicationContext } from '#actors/publication/publication.commands.ts'
import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

const R = '/pre-CREW/Rel-CREW'

let site: Releases
afterEach(() => site.stop())

async function start(): Promise<void> {
  site = await startReleases({ asksState: true })
  await site.say('root> ADDAFFIL CREW incoming')
  await site.tell('ana', `MKD ${R}`, '257')
  await site.bring('ana', `${R}/a.rar`, 100)
}

/** What the host does when the time has come, at the latest. */
async function fallDue(): Promise<void> {
  const race = (await site.facts('publication.scheduled'))
    .at(-1)!
    .stream.slice('publication-'.length)
  const ref = { kind: 'publication', id: race }
  const { context } = await site.system.host.state<PublicationContext>(ref)
  site.system.clock.now = () => context.dueAtMs
  const command = { type: 'publication.fall-due' } as const
  const by = { by: null, connection: null, commandId: site.system.ids.next() }
  await site.system.host.send(ref, command, by)
}

test('a time can be set, seen, set anew and taken back', async () => {
  await start()
  await site.replay(`
    ana> PRE ${R} AT +2h
    200-Rel-CREW will be published in incoming at
    ~ Mind: it has no sfv.
    gus> PRE ${R} incoming AT +3d
    200-
    ana> PRES
    ~ Rel-CREW
    ~ gus
    ~ scheduled
    ~ 200 1 release.
    ana> PRE -c ${R}
    200 The time is taken back.
    ana> PRE -c ${R}
    550 No time is set for that release.
    ana> PRE ${R} AT +100d
    550 A release is published at a time to come, within 90 days.
    ana> PRE ${R} AT soon
    501-a time is 20:00
    ben> PRE ${R} AT +1h
    550 /pre-CREW/Rel-CREW: No such file or directory.
  `)
  expect(await site.facts('publication.scheduled')).toHaveLength(2)
})

test('it happens when it is due, in the name of who has set it', async () => {
  await start()
  await site.say(`ana> PRE ${R} AT +2h`)
  await fallDue()
  await site.credits({ ana: 300 })
  await expect.poll(() => site.facts('publication.done')).toHaveLength(1)
  const [published] = await site.facts('race.published')
  expect(published!.meta.by).toBe('ana')
  expect(await site.say('ana> PRES')).toContain('0 releases')
})

test('what is in the way then is kept for the group to see', async () => {
  await start()
  await site.say(`ana> PRE ${R} AT +2h`)
  await site.tell('ben', 'MKD /incoming/Rel-CREW', '257')
  await fallDue()
  await expect.poll(() => site.facts('publication.failed')).toHaveLength(1)
  await site.replay(`
    gus> PRES
    ~ Rel-CREW already exists.
    ~ 200 1 release.
  `)
  expect(await site.facts('race.published')).toEqual([])
})
