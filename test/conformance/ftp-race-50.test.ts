import { readdir, readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createPastStates } from '#actors/kernel/past-states.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import { readCreditRules } from '#gateways/site/transfers/credit-rules.ts'
import { allProjections } from '#projections/all-projections.ts'
import { verifyReadModels } from '#projections/kernel/verify.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { balancesOf } from '#test/conformance/ftp-credits.fixture.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { startReadModels } from '#test/conformance/projections.fixture.ts'
import { createTestSystem, definitions, type TestSystem } from '#test/harness.ts'

const MEMBERS = Array.from({ length: 50 }, (_, n) => `racer${n}`)
const FILES = Array.from({ length: 500 }, (_, n) => `file.r${String(n).padStart(3, '0')}`)
/** Each its own, so that every sum tells which files are in it. */
const contents = new Map(FILES.map((name, n) => [name, Buffer.alloc(4_000 + n * 37, name)]))
const RATIO = 3

let system: TestSystem
let reads: Awaited<ReturnType<typeof startReadModels>>
let ftp: FtpFixture
let sfv: string
/** Who has been told 226 for what, and how often somebody was told 553. */
const acknowledged: { readonly member: string; readonly file: string }[] = []
let refused = 0

beforeAll(async () => {
  system = await createTestSystem()
  reads = await startReadModels(system)
  ftp = await startFtp({
    system,
    readModels: reads.readModels,
    credits: readCreditRules(''),
  })
  for (const [n, name] of MEMBERS.entries()) await system.addMember({ name, group: `CREW${n % 7}` })
  await system.addMember({ name: 'root', flags: '13' })
  const lines = FILES.map(
    (name) => `${name} ${crc32(contents.get(name)!).toString(16).padStart(8, '0')}`,
  )
  sfv = lines.join('\r\n')
  const root = await ftp.login('root')
  await root.say('MKD /incoming/Race-50', '257')
  await root.store('/incoming/Race-50/race.sfv', sfv)
  await root.close()
  const racers = await Promise.all(MEMBERS.map((name) => ftp.login(name)))
  await Promise.all(racers.map((client, n) => race(client, n)))
  await Promise.all(racers.map((client) => client.close()))
  await reads.caughtUp()
})
afterAll(async () => {
  await ftp.gateway.stop(0)
  await reads.stop()
  await ftp.stop()
  await system.stop()
})

/** Tries all files, in an order of its own, until each is here: its own or another's. */
async function race(client: FtpClient, racer: number): Promise<void> {
  await client.say('CWD /incoming/Race-50', '250')
  const step = STEPS[racer % STEPS.length]!
  const left = FILES.map((_, n) => FILES[(racer * 10 + n * step) % FILES.length]!)
  let data: Socket | undefined
  for (let file = left.shift(); file !== undefined; file = left.shift()) {
    data ??= await client.passive()
    const first = await client.say(`STOR ${file}`)
    if (first.startsWith('553')) {
      refused++
    } else {
      expect(first).toMatch(/^150/)
      data.end(contents.get(file)!)
      data = undefined
      await client.expect('226')
      acknowledged.push({ member: MEMBERS[racer]!, file })
    }
  }
  // The connection that was open for all the refused ones has sent nothing.
  expect(data?.bytesWritten ?? 0).toBe(0)
  data?.destroy()
}
/** None divides 500, so that each order has every file once. */
const STEPS = [1, 3, 7, 11, 13, 17, 19, 23, 27, 29, 499]

const total = (sizes: Iterable<number>): number => [...sizes].reduce((sum, size) => sum + size, 0)
const bytesOf = (files: readonly { readonly file: string }[]): number =>
  total(files.map(({ file }) => contents.get(file)!.length))
const broughtBy = (name: string) => acknowledged.filter(({ member }) => member === name)
const racersWithFiles = () => MEMBERS.filter((name) => broughtBy(name).length > 0)

async function liveRace() {
  const { context } = await system.host.state<SectionContext>({ kind: 'section', id: 'incoming' })
  const id = context.releases['Race-50']!
  return { id, state: await system.host.state<RaceContext>({ kind: 'race', id }) }
}

/** The files that facts of each type are about, in their order. */
async function raceFacts(): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>()
  for await (const { type, data } of system.log.readAll({ kinds: ['race'] })) {
    files.set(type, [...(files.get(type) ?? []), String((data as { file?: string }).file)])
  }
  return files
}

test('every file is accepted exactly once, and everybody else is told so before bytes flow', async () => {
  expect(acknowledged.map(({ file }) => file).toSorted()).toEqual(FILES)
  expect(refused).toBe((MEMBERS.length - 1) * FILES.length)
  expect(racersWithFiles().length).toBeGreaterThan(MEMBERS.length / 2)
  const facts = await raceFacts()
  expect(facts.get('race.file-accepted')?.toSorted()).toEqual([...FILES, 'race.sfv'])
  expect(facts.get('race.completed')).toHaveLength(1)
  expect([facts.get('race.upload-aborted'), facts.get('race.file-rejected')]).toEqual([
    undefined,
    undefined,
  ])
  const received = await system.registry.getSingleMetricAsString('veza_ftp_received_bytes_total')
  expect(Number(/ (\d+)$/m.exec(received)![1])).toBe(bytesOf(acknowledged) + sfv.length)
})

test('what is on the disk is what was sent, and nothing is left of what was refused', async () => {
  expect((await readdir(ftp.sitePath('incoming', 'Race-50'))).toSorted()).toEqual([
    ...FILES,
    'race.sfv',
  ])
  for (const [name, content] of contents) {
    expect((await readFile(ftp.sitePath('incoming', 'Race-50', name))).equals(content)).toBe(true)
  }
  expect(await readdir(ftp.stagingPath())).toEqual([])
})

test('the figures add up to the bytes on the disk: live, read models and what SITE says', async () => {
  const { id, state } = await liveRace()
  const detail = (await reads.readModels.race(id))!
  expect(state.context).toMatchObject({
    doneCount: 500,
    expectedCount: 500,
    uploads: {},
    partials: {},
  })
  expect(state.context.sizeBytes).toBe(bytesOf(acknowledged) + sfv.length)
  expect(detail).toMatchObject({
    state: 'complete',
    filesDone: 500,
    sizeBytes: state.context.sizeBytes,
  })
  expect(detail.leader).toBe(state.context.leader)
  const root = await ftp.login('root')
  for (const name of racersWithFiles()) {
    const brought = broughtBy(name)
    const figures = { files: brought.length, sizeBytes: bytesOf(brought) }
    expect(state.context.racers[name]).toMatchObject(figures)
    expect(detail.standings.find(({ member }) => member === name)).toMatchObject(figures)
    expect((await reads.readModels.member(name))!.up.all).toMatchObject(figures)
    const said = await root.say(`SITE STATS ${name}`)
    const mebibytes = Math.round((figures.sizeBytes / 2 ** 20) * 10) / 10
    expect(said).toMatch(new RegExp(`^ +\\(all\\) +all +up +${figures.files} +${mebibytes} `, 'm'))
  }
  expect(Object.keys(state.context.racers).toSorted()).toEqual(racersWithFiles().toSorted())
  expect(total(detail.standings.map(({ sizeBytes }) => sizeBytes))).toBe(bytesOf(acknowledged))
  const ranked = await root.say('SITE ALUP 100')
  expect(ranked.match(/^ +\d+ +racer/gm)).toHaveLength(racersWithFiles().length)
  expect(await root.say('SITE TRAFFIC')).toMatch(/^ +all +up +501 /m)
  await root.close()
})

test('each upload has earned its credits once', async () => {
  const earned = total(acknowledged.map(({ file }) => contents.get(file)!.length)) * RATIO
  const balances = async () =>
    total(
      (await Promise.all(MEMBERS.map((name) => balancesOf(system, name)))).map(
        (of) => of['default'] ?? 0,
      ),
    )
  // The consumer follows the log a moment later.
  while ((await balances()) < earned) await new Promise((resolve) => setImmediate(resolve))
  for (const name of MEMBERS) {
    expect((await balancesOf(system, name))['default'] ?? 0).toBe(bytesOf(broughtBy(name)) * RATIO)
  }
})

test('a replay of the facts gives the same standings', async () => {
  const { id, state } = await liveRace()
  const past = createPastStates({ definitions, log: system.log })
  const replayed = await past.stateAt({ kind: 'race', id }, { version: state.version })
  expect(replayed).toEqual(state)
  const { db } = reads.postgres
  await reads.caughtUp()
  const { log } = system
  const verdict = await verifyReadModels({ db, schema: 'veza', projections: allProjections, log })
  expect(verdict.isEqual).toBe(true)
})
