import { expect, test } from 'vitest'

import type { Command } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import type { Site } from '#gateways/site/site.ts'
import {
  at,
  crashEverywhere,
  type Settling,
  startSettling,
} from '#test/conformance/ftp-settle.fixture.ts'

/** A siteop, a pre section and one for requests. */
async function start(): Promise<Settling> {
  const world = await startSettling('13', { requests: async () => [], reached: async () => true })
  const { host, ids } = world.system
  const send = (kind: string, id: string, command: Command) =>
    host.send({ kind, id }, command, { by: null, connection: null, commandId: ids.next() })
  const pre = { purpose: 'pre', group: 'GRP', targets: ['incoming'] }
  for (const [section, rules] of [
    ['pre-GRP', pre],
    ['asked', { purpose: 'requests' }],
  ] as const) {
    await send('section', section, { type: 'section.create', name: section } as Command)
    await send('site', 'site', { type: 'site.add-section', section, rules } as Command)
  }
  return world
}

/** All that is done to releases as a whole. */
async function everything({ caller, upload }: Settling, site: Site): Promise<void> {
  await site.makeDirectory(caller, at('/pre-GRP/R'))
  await site.makeDirectory(caller, at('/pre-GRP/R/CD1'))
  await upload(site, '/pre-GRP/R/a.bin', 'aaa')
  await upload(site, '/pre-GRP/R/CD1/b.bin', 'bbb')
  await site.publish(caller, at('/pre-GRP/R'))
  await site.nuke(caller, at('/incoming/R'), 3, 'bad')
  await site.unnuke(caller, at('/incoming/R'), 'good')
  await site.makeDirectory(caller, at('/incoming/Empty'))
  await site.nuke(caller, at('/incoming/Empty'), 1, 'empty')
  await site.wipe(caller, at('/incoming/R/CD1'), true)
  await site.wipe(caller, at('/incoming/R/a.bin'), false)
  await site.wipe(caller, at('/incoming/[NUKED]-Empty'), true)
  await site.request(caller, 'A Film', null)
  await site.fillRequest(caller, 'A Film', null)
  await site.wipe(caller, at('/incoming/R'), true)
}

/** Which releases are nuked can be read from their names. */
async function nukedAsCalled({ system: { host } }: Settling): Promise<void> {
  const { context } = await host.state<SectionContext>({ kind: 'section', id: 'incoming' })
  for (const [release, id] of Object.entries(context.releases)) {
    const race = await host.state<RaceContext>({ kind: 'race', id })
    expect([release, race.context.nuke !== null]).toEqual([release, release.startsWith('[NUKED]-')])
  }
}

test('everything, without a crash, leaves disk and log in step', async () => {
  const world = await start()
  await everything(world, world.siteOn())
  await world.expectDiskAsRecorded()
  await world.stop()
})

test('a crash at any step leaves a release in one section, with its files and its name', async () => {
  expect(await crashEverywhere(start, everything, nukedAsCalled)).toBeGreaterThan(60)
})

test('a publication that is refused at the last moment gives the name up again', async () => {
  const world = await start()
  const site = world.siteOn()
  const { caller, system } = world
  await site.makeDirectory(caller, at('/pre-GRP/R'))
  const one = await site.beginUpload(caller, at('/pre-GRP/R/a.bin'), { offsetBytes: 0 })
  await expect(site.publish(caller, at('/pre-GRP/R'))).rejects.toMatchObject({ code: 'file-busy' })
  const { context } = await system.host.state<SectionContext>({ kind: 'section', id: 'incoming' })
  expect(context.releases).toEqual({})
  await one.write(Buffer.from('aaa'))
  await one.finish()
  await world.expectDiskAsRecorded()
  await world.stop()
})

test('what has fallen due is done once, by whichever process is there', async () => {
  const due = async (): Promise<Settling> => {
    const world = await start()
    const site = world.siteOn()
    await site.makeDirectory(world.caller, at('/pre-GRP/R'))
    await world.upload(site, '/pre-GRP/R/a.bin', 'aaa')
    const { host, clock, ids } = world.system
    const later = clock.now() + 60_000
    await site.schedulePublication(world.caller, at('/pre-GRP/R'), undefined, later)
    const id = await raceOf(world, 'pre-GRP')
    clock.now = () => later
    const by = { by: null, connection: null, commandId: ids.next() }
    await host.send({ kind: 'publication', id }, { type: 'publication.fall-due' }, by)
    return world
  }
  const done = async (world: Settling): Promise<void> => {
    const id = (await raceOf(world, 'pre-GRP')) || (await raceOf(world, 'incoming'))
    await world.siteOn().publishDue(id)
    await world.siteOn().publishDue(id)
    await world.expectDiskAsRecorded()
    expect(await raceOf(world, 'incoming')).toBe(id)
    expect(await raceOf(world, 'pre-GRP')).toBe('')
    const kinds = ['publication', 'race']
    const types: string[] = []
    for await (const { type } of world.system.log.readAll({ kinds })) types.push(type)
    expect(types.filter((type) => type === 'race.published')).toHaveLength(1)
    expect(types.filter((type) => type === 'publication.done')).toHaveLength(1)
  }
  const act = async (world: Settling, site: Site) => {
    await site.publishDue(await raceOf(world, 'pre-GRP'))
  }
  expect(await crashEverywhere(due, act, done)).toBeGreaterThan(5)
})

/** The race of the release R in a section; '' where there is none. */
async function raceOf({ system: { host } }: Settling, section: string): Promise<string> {
  const { context } = await host.state<SectionContext>({ kind: 'section', id: section })
  return context.releases['R'] ?? ''
}
