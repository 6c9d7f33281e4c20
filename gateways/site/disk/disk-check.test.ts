import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Clock } from '#events/clock.ts'
import type { SiteFiles } from '#events/site-files.ts'
import { createSite, type Site } from '#gateways/site/site.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import { createFileInspection } from '#infra/inspection/file-inspection.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const HOUR_MS = 3_600_000

let system: TestSystem
let dataDir: string
let site: Site
let opened: string[]
/** What the clock has been asked to do later, with how much later. */
let later: { delayMs: number; run: () => void }[]
/** Until the check waits for its next look. */
let asleep: PromiseWithResolvers<void>
let check: { stop(): Promise<void> }

const place = (...parts: string[]) => join(dataDir, 'site', 'incoming', ...parts)

beforeEach(async () => {
  system = await createTestSystem()
  dataDir = await mkdtemp(join(tmpdir(), 'veza-check-'))
  await mkdir(place('Rel'), { recursive: true })
  await writeFile(place('Rel', 'a.bin'), 'aaa')
  opened = []
  later = []
  asleep = Promise.withResolvers()
  const files = await createDiskSiteFiles({ dataDir, durability: 'none' })
  const noting: SiteFiles = {
    ...files,
    open(location) {
      opened.push(location.at(-1)!)
      return files.open(location)
    },
  }
  const clock: Clock = {
    now: () => system.clock.now(),
    after(delayMs, run) {
      // Its breaths are over at once; the next look waits to be let go.
      if (delayMs < 1_000) return system.clock.after(0, run)
      const one = { delayMs, run }
      later.push(one)
      asleep.resolve()
      return () => void (later = later.filter((each) => each !== one))
    },
  }
  const inspection = createFileInspection(clock)
  const readModels = {} as ReadModels
  site = createSite({ ...system, clock, files: noting, readModels, inspection })
  check = site.checkDisk(24 * HOUR_MS, (cause) => void system.faults.push(cause))
})
afterEach(async () => {
  await check.stop()
  await system.stop()
  await rm(dataDir, { recursive: true, force: true })
})

/** Lets one look run to its end, and answers the types of the files' facts since. */
async function look(): Promise<string[]> {
  const before = await system.log.head()
  opened = []
  const [next] = later.splice(0)
  asleep = Promise.withResolvers()
  next!.run()
  await asleep.promise
  const facts = await Array.fromAsync(system.log.readAll({ after: before }))
  return facts.map(({ type }) => type).filter((type) => type.startsWith('race.file-'))
}

test('the first look comes within an hour, the others at their time; each reads what is odd alone', async () => {
  expect(later.map(({ delayMs }) => delayMs)).toEqual([HOUR_MS])
  expect(await look()).toEqual(['race.file-found'])
  expect(later.map(({ delayMs }) => delayMs)).toEqual([24 * HOUR_MS])
  expect(opened).toEqual(['a.bin'])
  expect(await look()).toEqual([])
  expect(opened).toEqual([])
})

test('what is of another size or time is read; another time alone is noted once', async () => {
  await look()
  await writeFile(place('Rel', 'a.bin'), 'aaaa')
  expect(await look()).toEqual(['race.file-lost', 'race.file-found'])
  const soon = new Date(system.clock.now() + 60_000)
  await utimes(place('Rel', 'a.bin'), soon, soon)
  expect(await look()).toEqual(['race.file-touched'])
  expect(opened).toEqual(['a.bin'])
  expect(await look()).toEqual([])
  expect(opened).toEqual([])
  const metrics = await system.registry.metrics()
  expect(metrics).toContain('veza_site_disk_differences_total{state="changed"} 1')
  expect(metrics).toMatch(/veza_site_disk_looked_at_seconds \d{10}/)
})

test('a disk that is not mounted takes nothing away', async () => {
  await look()
  await rename(join(dataDir, 'site', 'incoming'), join(dataDir, 'away'))
  expect(await look()).toEqual([])
  await rename(join(dataDir, 'away'), join(dataDir, 'site', 'incoming'))
  await rm(place('Rel', 'a.bin'))
  expect(await look()).toEqual(['race.file-lost'])
})
