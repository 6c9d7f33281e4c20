import { afterEach, beforeEach, expect, test } from 'vitest'

import { DEFAULT_SECTION_RULES as rules } from '#events/section-rules.ts'
import {
  createSectionListings,
  type SectionListings,
} from '#gateways/site/listings/listing-section.ts'
import { createSiteLookup } from '#gateways/site/lookup.ts'
import { createPositionWait, type PositionWait } from '#gateways/site/listings/position-wait.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { readModelsOfState } from '#test/conformance/state-read-models.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const WAIT_MS = 10_000

let system: TestSystem
let listings: SectionListings
let news: PositionWait
let asked: number[]
let reading: Partial<ReadModels>
let laterMs: number

beforeEach(async () => {
  system = await createTestSystem()
  news = createPositionWait(system.clock)
  asked = []
  reading = {}
  laterMs = 0
  const readModels = readModelsOfState(system)
  listings = createSectionListings({
    lookup: createSiteLookup(system.host),
    clock: { ...system.clock, now: () => system.clock.now() + laterMs },
    siteName: 'veza',
    startedAt: 0,
    heard: () => news.position,
    readModels: {
      ...readModels,
      reached: async (...given) => await (reading.reached ?? readModels.reached)(...given),
      async racesByName(section, names) {
        asked.push(names.length)
        return await (reading.racesByName ?? readModels.racesByName)(section, names)
      },
    },
  })
  await system.bus.subscribe({}, (fact) => {
    listings.hear(fact)
    news.heard(fact.position)
  })
  news.begin()
})
afterEach(() => system.stop())

const send = async (kind: string, id: string, command: { readonly type: string }) => {
  const context = { by: 'ana', connection: null, commandId: system.ids.next() }
  return await system.host.send({ kind, id }, command, context)
}
const section = (type: string, more: object) => send('section', 'incoming', { type, ...more })
async function makeReleases(count: number): Promise<readonly string[]> {
  const races = Array.from({ length: count }, () => system.ids.next())
  for (const [n, race] of races.entries()) {
    await section('section.create-release', { release: `R${String(n).padStart(4, '0')}`, race })
  }
  return races
}
async function bring(race: string, release: string, file: string) {
  const upload = { file, uploadId: system.ids.next() }
  const home = { section: 'incoming', release }
  await send('race', race, {
    type: 'race.begin-upload',
    ...home,
    ...upload,
    group: 'GRP',
    offsetBytes: 0,
  } as never)
  return await send('race', race, {
    type: 'race.finish-upload',
    ...upload,
    sizeBytes: 1,
    crc32: '0000000a',
    durationMs: 1,
  } as never)
}
const list = async (position = 0) => {
  await news.reached(position, WAIT_MS)
  return (await listings.of('incoming', rules, position)).listing
}

test('the read models are asked once, and what happens is patched in', async () => {
  const races = await makeReleases(150)
  const first = await list()
  expect(first.entries).toHaveLength(150)
  expect(asked).toEqual([150])
  expect(await list()).toBe(first)
  const { position, facts } = await bring(races[7]!, 'R0007', 'a.rar')
  const second = await list(position)
  expect(second.entries[0]).toMatchObject({ name: '(no-sfv)-R0007', target: 'R0007' })
  const row = second.entries.find(({ name }) => name === 'R0007')
  expect(row!.modifiedAt).toBe(facts[0]!.meta.at)
  // The others are the same entries as before: their rows need not be written again.
  expect(second.entries.filter((entry) => first.entries.includes(entry))).toHaveLength(149)
  expect(asked).toEqual([150])
})

test('releases come, go and are renamed', async () => {
  const [race] = await makeReleases(2)
  const names = async () => (await list()).entries.map(({ name }) => name)
  expect(await names()).toEqual(['R0000', 'R0001'])
  const { position } = await bring(race!, 'R0000', 'a.rar')
  await section('section.rename-release', { from: 'R0000', to: 'Z' })
  await section('section.remove-release', { release: 'R0001' })
  await section('section.create-release', { release: 'New', race: system.ids.next() })
  await news.reached(position, WAIT_MS)
  expect(await names()).toEqual(['(no-sfv)-Z', 'New', 'Z'])
})

test('what read models that are behind have said is not kept', async () => {
  const races = await makeReleases(150)
  const { position } = await bring(races[3]!, 'R0003', 'a.rar')
  await news.reached(position, WAIT_MS)
  reading = { reached: async () => false, racesByName: async () => [] }
  expect((await list()).entries).toHaveLength(150)
  reading = {}
  expect((await list()).entries[0]!.name).toBe('(no-sfv)-R0003')
  expect(asked).toEqual([150, 150])
})

test('after read models that fail the next listing is whole', async () => {
  const races = await makeReleases(150)
  reading = { racesByName: () => Promise.reject(new Error('out of reach')) }
  await expect(list()).rejects.toThrow('out of reach')
  reading = {}
  const { position } = await bring(races[3]!, 'R0003', 'a.rar')
  expect((await list(position)).entries[0]!.name).toBe('(no-sfv)-R0003')
})

const AWAY: Partial<ReadModels> = {
  reached: () => Promise.reject(new Error('out of reach')),
  racesByName: () => Promise.reject(new Error('out of reach')),
}
const QUARTER_MS = 15 * 60_000

test('without the read models what was learnt stays in use, and is patched', async () => {
  const races = await makeReleases(150)
  await list()
  reading = AWAY
  laterMs += QUARTER_MS
  const { position } = await bring(races[3]!, 'R0003', 'a.rar')
  expect((await list(position)).entries[0]!.name).toBe('(no-sfv)-R0003')
  const other = { ...rules, wantsNfo: !rules.wantsNfo }
  expect((await listings.of('incoming', other, 0)).listing.entries.length).toBeGreaterThan(150)
  const race = system.ids.next()
  await section('section.create-release', { release: 'New', race })
  const brought = await bring(race, 'New', 'a.rar')
  const names = (await list(brought.position)).entries.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['(no-sfv)-New', '(no-sfv)-R0003', 'New']))
  const before = asked.length
  await list()
  expect(asked).toHaveLength(before)
  reading = {}
  laterMs += 60_000
  expect((await list()).entries).toHaveLength(153)
  expect(asked.slice(before)).toEqual([151])
  await list()
  expect(asked.slice(before)).toEqual([151])
})

test('what read models that are behind say takes no table’s place', async () => {
  const races = await makeReleases(150)
  const { position } = await bring(races[3]!, 'R0003', 'a.rar')
  await list(position)
  reading = { reached: async () => false, racesByName: async () => [] }
  laterMs += QUARTER_MS
  expect((await list()).entries[0]!.name).toBe('(no-sfv)-R0003')
})

test('a few releases are listed without any read models', async () => {
  const [race] = await makeReleases(3)
  reading = AWAY
  const { position } = await bring(race!, 'R0000', 'a.rar')
  const names = async () => (await list(position)).entries.map(({ name }) => name)
  expect(await names()).toEqual(['(no-sfv)-R0000', 'R0000', 'R0001', 'R0002'])
  expect(await names()).toHaveLength(4)
  expect(asked).toEqual([3])
})

test('what happens while the read models are asked is looked up', async () => {
  const races = await makeReleases(150)
  const before = await readModelsOfState(system).racesByName('incoming', [])
  reading = {
    async racesByName() {
      const { position } = await bring(races[3]!, 'R0003', 'a.rar')
      await news.reached(position, WAIT_MS)
      return before
    },
  }
  expect((await list()).entries[0]!.name).toBe('(no-sfv)-R0003')
})

test('many who ask at once have it made once, and none sees less than it has caused', async () => {
  const races = await makeReleases(1_200)
  await list()
  const all = await Promise.all(
    races.slice(0, 20).map(async (race, n) => {
      const release = `R${String(n).padStart(4, '0')}`
      const { position } = await bring(race, release, 'a.rar')
      const { entries } = await list(position)
      return entries.some(({ name }) => name === `(no-sfv)-${release}`)
    }),
  )
  expect(all).toEqual(all.map(() => true))
  expect(asked).toEqual([1_200])
})
