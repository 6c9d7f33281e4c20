import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { connectWs, type Frame } from '#test/conformance/ws-client.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const ROUNDS = 6
const RACERS = 4
/** More than are uploaded before the last kill. */
const FILES = 3_000
const FILE_BYTES = 20_000

/** A number that decides when the server dies, printed so that a failure can be repeated. */
const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)

const contentOf = (name: string) => Buffer.alloc(FILE_BYTES, `${name}\n`)

/**
 * The server is killed again and again in the middle of a race, and started again. What it
 * acknowledged must be there, in the log, in the read models and on the disk, and nobody who
 * kept a position may hear of anything twice or miss it.
 */
test(`kill -9 at random moments (TEST_SEED=${seed})`, { timeout: 240_000 }, async () => {
  const veza = await VezaProcess.create()
  const delays = fc.sample(fc.integer({ min: 30, max: 700 }), { seed, numRuns: ROUNDS })
  const acknowledged = new Set<string>()
  const heard: Frame[] = []
  try {
    for (const [round, delayMs] of delays.entries()) {
      await veza.start()
      if (round === 0) await uploadSfv(veza)
      const follower = await follow(veza, heard)
      const racing = Promise.all(
        Array.from({ length: RACERS }, (_, racer) => race(veza, racer, acknowledged)),
      )
      await uploadsUnderWay(follower, heard)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await veza.kill()
      await racing
      await follower.closed()
      collect(follower.frames, heard)
    }
    await veza.start()
    const follower = await follow(veza, heard)
    await checkEverything(veza, acknowledged, heard, follower)
    await follower.end()
  } catch (cause) {
    throw new Error(`with TEST_SEED=${seed}:\n${veza.errors.slice(-3_000)}`, { cause })
  } finally {
    await veza.dispose()
  }
})

const nameOf = (n: number) => `file.${String(n).padStart(4, '0')}`

async function uploadSfv(veza: VezaProcess): Promise<void> {
  const client = await logIn(veza)
  const lines = Array.from({ length: FILES }, (_, n) => {
    const sum = crc32(contentOf(nameOf(n)))
      .toString(16)
      .padStart(8, '0')
    return `${nameOf(n)} ${sum}`
  })
  await client.say('MKD /incoming/Crash-GRP', '257')
  expect(await client.store('/incoming/Crash-GRP/crash.sfv', lines.join('\n'))).toMatch(/^226/)
  await client.say('QUIT', '221')
}

async function logIn(veza: VezaProcess) {
  const client = await openClient(veza.ports.ftp)
  await client.expect('220')
  await client.say('USER admin', '331')
  await client.say(`PASS ${ADMIN_PASSWORD}`, '230')
  await client.say('TYPE I', '200')
  return client
}

/** Uploads this racer's files until the server is gone; notes each that is acknowledged. */
async function race(veza: VezaProcess, racer: number, acknowledged: Set<string>): Promise<void> {
  try {
    const client = await logIn(veza)
    for (let n = racer; n < FILES; n += RACERS) {
      const name = nameOf(n)
      if (acknowledged.has(name)) continue
      const reply = await client.store(`/incoming/Crash-GRP/${name}`, contentOf(name))
      // 553: it was recorded and the answer was lost with the server.
      if (reply?.startsWith('226') || reply?.startsWith('553')) acknowledged.add(name)
      else if (reply !== undefined) throw new Error(reply)
    }
  } catch (cause) {
    // A killed server breaks whatever was being said to it.
    const words = String(cause)
    if (!/ECONNRE|EPIPE|got undefined|socket|closed/i.test(words)) throw cause
  }
}

/** Uploads the first hundred files that nobody has been told are there. */
async function raceOn(veza: VezaProcess, acknowledged: ReadonlySet<string>): Promise<void> {
  const client = await logIn(veza)
  const missing = Array.from({ length: FILES }, (_, n) => nameOf(n)).filter(
    (name) => !acknowledged.has(name),
  )
  for (const name of missing.slice(0, 100)) {
    const reply = await client.store(`/incoming/Crash-GRP/${name}`, contentOf(name))
    expect(reply).toMatch(/^(226|553 .* is here already)/)
  }
  await client.say('QUIT', '221')
}

async function follow(veza: VezaProcess, heard: readonly Frame[]) {
  const client = await connectWs(veza.ports.http)
  await client.ask('authenticate', { username: 'admin', password: ADMIN_PASSWORD })
  const after = heard.at(-1)?.['position'] ?? 0
  const answer = await client.ask('subscribe', { kinds: ['race', 'room'], after })
  expect(answer).toMatchObject({ type: 'ack' })
  return client
}

type Follower = Awaited<ReturnType<typeof follow>>

async function uploadsUnderWay(follower: Follower, heard: Frame[]): Promise<void> {
  collect(await follower.until(({ type }) => type === 'live'), heard)
  collect(await follower.until(({ data }) => data?.type === 'race.upload-started'), heard)
}

function collect(frames: readonly Frame[], heard: Frame[]): void {
  heard.push(...frames.filter(({ type }) => type === 'fact'))
}

async function checkEverything(
  veza: VezaProcess,
  acknowledged: ReadonlySet<string>,
  heard: Frame[],
  follower: Follower,
): Promise<void> {
  expect(acknowledged.size).toBeGreaterThan(10)
  const auth = `admin:${ADMIN_PASSWORD}`
  const { items } = (await (await veza.get('/api/v1/races', auth)).json()) as Frame
  const { id } = items[0]
  // The race goes on: what was interrupted can be uploaded again.
  await raceOn(veza, acknowledged)

  const history = await historyOf(veza, `race-${id}`)
  checkHistory(history)
  const accepted = history.filter(({ type }) => type === 'race.file-accepted')
  const files = accepted.map(({ data }) => (data as { file: string }).file)
  expect(new Set(files).size).toBe(files.length)
  for (const name of acknowledged) expect(files).toContain(name)
  for (const name of files.filter((file) => file !== 'crash.sfv')) {
    const kept = await readFile(join(veza.dataDir, 'site', 'incoming', 'Crash-GRP', name))
    if (!kept.equals(contentOf(name))) throw new Error(`${name} is not what was uploaded`)
  }

  const room = await historyOf(veza, 'room-site')
  checkHistory(room)
  const last = Math.max(history.at(-1)!.position, room.at(-1)!.position)
  await catchUp(follower, heard, last)
  checkHeard(heard, history, room)
  const verdict = await veza.run('replay', '--verify')
  expect(verdict.stdout).toMatch(/row for row/)
  // What was open when it died is closed: no upload is under way.
  const open = (await (await veza.get('/api/v1/connections', auth)).json()) as Frame
  expect(open.items.filter(({ upload }: Frame) => upload)).toEqual([])
}

async function catchUp(follower: Follower, heard: Frame[], position: number): Promise<void> {
  while ((heard.at(-1)?.['position'] ?? 0) < position) {
    collect(await follower.until(({ type }) => type === 'fact'), heard)
  }
}

async function historyOf(veza: VezaProcess, stream: string): Promise<Fact[]> {
  const { stdout } = await veza.run('audit', stream, '--json')
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Fact)
}

/** Versions without gaps, positions rising, no id twice. */
function checkHistory(history: readonly Fact[]): void {
  expect(history.map(({ version }) => version)).toEqual(history.map((_, index) => index))
  const positions = history.map(({ position }) => position)
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(new Set(history.map(({ id }) => id)).size).toBe(history.length)
}

/** The follower has heard each fact once, in the log's order, over all the restarts. */
function checkHeard(heard: readonly Frame[], history: readonly Fact[], room: readonly Fact[]) {
  const visible = room.filter(({ type }) => type === 'room.announced')
  const expected = [...history, ...visible].map(({ position }) => position)
  const wanted = new Set(expected)
  const got = heard.map((frame) => frame['position'] as number).filter((at) => wanted.has(at))
  expect(got).toEqual([...wanted].toSorted((a, b) => a - b))
  const about = visible.map(({ data }) => (data as { about: string }).about)
  expect(new Set(about).size).toBe(about.length)
}
