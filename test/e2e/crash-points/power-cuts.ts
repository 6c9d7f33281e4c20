import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, promisify } from 'node:util'

import type { Fact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

import { type DiskTrace, traceOf } from '#test/e2e/crash-points/disk-trace.ts'
import { imageAt, type Unflushed } from '#test/e2e/crash-points/durable-image.ts'
import { Member } from '#test/e2e/crash-points/member.ts'
import type { ProgramOptions } from '#test/e2e/crash-points/protocol.ts'
import { SiteRun } from '#test/e2e/crash-points/site-run.ts'
import { readCalls, underStrace } from '#test/e2e/crash-points/strace-calls.ts'
import { createRandom, type Random } from '#test/simulation/random.ts'

export interface PowerCutsOptions {
  readonly durability: ProgramOptions['durability']
  readonly unflushed: readonly Unflushed[]
  /** Power cuts of each kind. */
  readonly cuts: number
  readonly seed: number
}

/** What a power cut has done to the log. */
export interface PowerCut {
  readonly unflushed: Unflushed
  /** Facts whose receipts had been given by then. */
  readonly acknowledged: number
  /** Of these, how many the log does not have as they were. */
  readonly lost: number
  /** Why the log is not whole, or cannot be read at all. */
  readonly damage?: string
}

const MEMBERS = 4
const APPENDS = 150
/** A log that is there already: it, too, can be damaged. */
const APPENDS_BEFORE = 40

/**
 * Runs the program under strace, with members, and cuts the power at many moments of what strace
 * has seen: the file is put together again from the writes that a flush had covered, with what
 * may have become of the others, and opened as at a restart.
 *
 * A SIGKILL loses no write: the kernel has them all. What only a power cut takes is shown here.
 */
export async function simulatePowerCuts(options: PowerCutsOptions): Promise<PowerCut[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'veza-power-cuts-')))
  try {
    const random = createRandom(options.seed)
    const { base, trace } = await record(folder, options.durability, random)
    const cuts: PowerCut[] = []
    for (const unflushed of options.unflushed) {
      for (let n = 0; n < options.cuts; n++) {
        const cutAt = momentOf(trace, random)
        const image = imageAt(base, trace, cutAt, unflushed, random)
        const acknowledged = trace.receipts
          .filter(({ at }) => at < cutAt)
          .flatMap(({ receipt }) => receipt.facts)
        const found = await check(join(folder, `${unflushed}-${n}`), image)
        cuts.push({ unflushed, acknowledged: acknowledged.length, ...judge(acknowledged, found) })
      }
    }
    return cuts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Half of the cuts come right after a receipt, the others at any moment after the first one. */
function momentOf({ writes, receipts }: DiskTrace, random: Random): number {
  if (random.chance(0.5)) return random.pick(receipts).at + 1
  const first = receipts[0]!.at
  return first + 1 + random.below(writes.at(-1)!.begunAt - first)
}

/** A life of the program up to its death, as the disk sees it, and the file as it was before. */
async function record(
  folder: string,
  durability: ProgramOptions['durability'],
  random: Random,
): Promise<{ base: Buffer; trace: DiskTrace }> {
  const run = new SiteRun()
  const releases = { known: [] }
  const ids = createUuidV7(systemClock)
  const members = Array.from({ length: MEMBERS }, (_, n) => {
    const name = `member${n}`
    return new Member({ name, run, releases, ids, random: random.fork(name) })
  })
  const program = { folder, origin: systemClock.now(), durability }
  const deathAfter = (passing: number) => ({ point: 'after-append', passing }) as const
  const living = Promise.allSettled(members.map((member) => member.live()))
  const before = await run.start({ ...program, death: deathAfter(APPENDS_BEFORE) })
  await before.ended
  const file = join(folder, 'log', 'data.mdb')
  const base = await readFile(file)
  const traceFile = join(folder, 'strace')
  const traced = { ...program, death: deathAfter(APPENDS) }
  const life = await run.start(traced, underStrace(traceFile))
  await life.ended
  run.end()
  await living
  if (!existsSync(traceFile)) throw new Error(`strace has not begun: ${life.errors}`)
  const trace = traceOf(file, await readCalls(traceFile))
  if (trace.receipts.length === 0 || trace.writes.length === 0) {
    throw new Error(`strace has seen nothing: ${life.errors}`)
  }
  return { base, trace }
}

interface Found {
  readonly facts: readonly Fact[]
  readonly damage?: string
}

const CHECK = new URL('./check-image.ts', import.meta.url).pathname

async function check(folder: string, image: Buffer): Promise<Found> {
  await mkdir(join(folder, 'log'), { recursive: true })
  await writeFile(join(folder, 'log', 'data.mdb'), image)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [CHECK, folder], {
      maxBuffer: 256 * 1024 ** 2,
    })
    return JSON.parse(stdout) as Found
  } catch (cause) {
    const { signal, stderr } = cause as { signal?: string | null; stderr?: string }
    const words = /^\w*(?:Error|Damaged|Unavailable)\b.*$/m.exec(stderr ?? '')?.[0]
    return { facts: [], damage: signal ?? words ?? String(cause) }
  }
}

function judge(acknowledged: readonly Fact[], { facts, damage }: Found) {
  const byPosition = new Map(facts.map((fact) => [fact.position, fact]))
  const lost = acknowledged.filter((fact) => {
    return !isDeepStrictEqual(byPosition.get(fact.position), fact)
  })
  return { lost: lost.length, ...(damage !== undefined && { damage }) }
}
