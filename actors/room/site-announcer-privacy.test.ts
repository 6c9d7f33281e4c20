import { afterEach, beforeEach, expect, it } from 'vitest'

import { policyActor } from '#actors/policy/policy.actor.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import { crc, uuid } from '#actors/race/race.fixture.ts'
import { requestActor } from '#actors/request/request.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const RACE = uuid(900)
const home = { section: 'private', release: 'Rel-G' }

let run: ReturnType<typeof createConsumerRun>
beforeEach(async () => {
  run = createConsumerRun([policyActor, raceActor, requestActor, roomActor])
  await run.send('room', SITE_ROOM, { type: 'room.create', name: SITE_ROOM } as never)
  await run.send('policy', 'site', { type: 'policy.create' })
})
afterEach(() => run.stop())

async function announced(): Promise<string[]> {
  await run.settle(createSiteAnnouncer(run.host))
  const facts = await run.recorded('room')
  return facts.flatMap(({ type, data }) =>
    type === 'room.announced' ? [(data as { text: string }).text] : [],
  )
}

it('says nothing of what a group did before it published, though it hears of it later', async () => {
  const race = (command: RaceCommand) => run.send('race', RACE, command, 'ann')
  const one = { file: 'a.rar', uploadId: uuid(1) }
  await race({ type: 'race.begin-upload', ...home, ...one, group: 'G', offsetBytes: 0 })
  const file = { sizeBytes: 10, crc32: crc(1), durationMs: 1 }
  await race({ type: 'race.finish-upload', ...one, ...file, isUncredited: true })
  await race({ type: 'race.publish', group: 'G', section: 'incoming' })
  expect(await announced()).toEqual(['[incoming] Rel-G: published by G: 1 file, 10 B'])
  run.clock.advance(1)
  await race({ type: 'race.delete-file', file: 'a.rar' })
  expect(await announced()).toContain('[incoming] Rel-G: a.rar was deleted by ann')
})

it('names no section or path of a request that is hidden from anybody', async () => {
  const request = (command: object) => run.send('request', 'one', command as never, 'ann')
  await request({ type: 'request.make', name: 'Thing', section: 'private' })
  await request({ type: 'request.fill', path: '/private/Thing-G' })
  await request({ type: 'request.make', name: 'Thing', section: 'incoming' })
  await request({ type: 'request.fill', path: '/incoming/Thing-G' })
  await request({ type: 'request.make', name: 'Thing', section: null })
  await request({ type: 'request.withdraw' })
  expect(await announced()).toEqual([
    '[REQUEST] Thing: asked for by ann',
    '[REQUEST] Thing: filled by ann',
    '[REQUEST] Thing for incoming: asked for by ann',
    '[REQUEST] Thing: filled by ann: /incoming/Thing-G',
    '[REQUEST] Thing: asked for by ann',
    '[REQUEST] Thing: withdrawn by ann',
  ])
})
