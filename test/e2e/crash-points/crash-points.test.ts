import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { Command } from '#actors/kernel/host.ts'
import type { Fact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { connectTo, NATS_TOKEN, startNatsServer } from '#test/conformance/nats-server.ts'
import {
  announcements,
  collectHistory,
  compareStates,
  isAnnounced,
  unexpired,
} from '#test/e2e/crash-points/collect.ts'
import { type PlannedDeath, type Point, POINTS } from '#test/e2e/crash-points/death.ts'
import { FactFollower } from '#test/e2e/crash-points/fact-follower.ts'
import type { Life } from '#test/e2e/crash-points/life.ts'
import { Member, type Releases } from '#test/e2e/crash-points/member.ts'
import { readLog } from '#test/e2e/crash-points/read-log.ts'
import { SiteRun } from '#test/e2e/crash-points/site-run.ts'
import { checkHistory } from '#test/simulation/history-checker.ts'
import { createRandom } from '#test/simulation/random.ts'

const ids = createUuidV7(systemClock)

const ROUNDS = 50
const MEMBERS = 6
const LIFE_MS = 20_000
/** At most so many passings of a point before the one that is the last. */
const PASSINGS: { readonly [P in Point]: number } = {
  'before-append': 120,
  'amid-append': 120,
  'after-append': 120,
  'before-publish': 60,
  'after-publish': 60,
  'after-effect': 40,
  'after-checkpoint': 8,
  'after-deadlines': 10,
  'amid-snapshot': 15,
  'after-snapshot': 15,
}

/** A number that decides where the program dies, printed so that a failure can be repeated. */
const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)

/** All points in turn, on each bus in turn. */
function plan(): { readonly death: PlannedDeath; readonly isOverNats: boolean }[] {
  const random = createRandom(seed)
  return Array.from({ length: ROUNDS }, (_, round) => {
    const point = POINTS[round % POINTS.length]!
    const passing = 1 + random.below(PASSINGS[point])
    const isOverNats = (round + Math.floor(round / POINTS.length)) % 2 === 0
    return { death: { point, passing }, isOverNats }
  })
}

/**
 * The program dies by SIGKILL at each point in turn, while members race, talk and connect; who
 * gets no answer asks the next life with the same command. In the end each command has one effect
 * and one receipt, each fact of a race one announcement, and every consumer has heard every fact.
 */
test(`${ROUNDS} deaths at named points (TEST_SEED=${seed})`, { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veza-crash-points-'))
  const server = await startNatsServer()
  const nats = await connectTo(server)
  const natsUrl = server.url.replace('//', `//${NATS_TOKEN}@`)
  const origin = Date.now()
  const program = { folder, origin, durability: 'fsync' } as const
  const run = new SiteRun()
  const follower = new FactFollower()
  const members = createMembers(run)
  let living: Promise<PromiseSettledResult<void>[]> = Promise.resolve([])
  try {
    // The stream begins in a life without death: whoever publishes later goes on after that.
    const first = await run.start({ ...program, natsUrl })
    await follower.start(nats)
    await run.tell({ kind: 'room', id: 'talk' }, { type: 'room.create', name: 'talk' } as Command, {
      by: 'member0',
      connection: null,
      commandId: ids.next(),
    })
    await follower.until((facts) => facts.length > 0)
    expect(await first.stop()).toBe(0)
    living = Promise.allSettled(members.map((member) => member.live()))
    for (const [round, { death, isOverNats }] of plan().entries()) {
      const life = await run.start({ ...program, death, ...(isOverNats && { natsUrl }) })
      const where = `round ${round + 1}, ${death.point} ${death.passing}`
      const ending = await inTime(run, life, where, life.ended)
      expect(ending, `${where}: ${life.errors}`).toEqual({ code: null, signal: 'SIGKILL' })
    }
    const last = await run.start({ ...program, natsUrl })
    for (const member of members) member.leave()
    const outcomes = await inTime(run, last, 'answering all members', living)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
    await inTime(run, last, 'hearing of all effects', follower.until(hasAllEffects(run)))
    const states = await compareStates(last, (await readLog(folder)).facts)
    expect(await last.stop()).toBe(0)

    const { facts, verification } = await readLog(folder)
    expect(verification).toMatchObject({ records: facts.length, compacted: 0 })
    expect(verification.damage).toBeUndefined()
    const through = facts.at(-1)!.position
    const history = collectHistory(run, facts, states, follower.hearing(through))
    expect(checkHistory(history)).toEqual([])
    assertWorthIt(run, history.effects.length)
  } finally {
    run.end()
    await living
    await follower.stop()
    await nats.close()
    await server.dispose()
    await rm(folder, { recursive: true, force: true })
  }
})

/** A limit for what a life is to come to; whoever never gets there shall say why. */
async function inTime<T>(run: SiteRun, life: Life, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const words = () => `${what} takes too long: ${run.faults.join('\n')} ${life.errors}`
  const cancel = systemClock.after(LIFE_MS, () => late.reject(new Error(words())))
  try {
    return await Promise.race([work, late.promise])
  } finally {
    cancel()
  }
}

/** Whether a listener that has heard these facts has heard of all that the members have caused. */
function hasAllEffects({ commands }: SiteRun): (facts: readonly Fact[]) => boolean {
  const told = [...commands.values()].flatMap(({ attempts }) => attempts)
  const last = Math.max(...told.map((each) => (each.outcome === 'done' ? each.position : 0)))
  return (facts) =>
    (facts.at(-1)?.position ?? 0) >= last &&
    announcements(facts).length >= facts.filter(isAnnounced).length &&
    unexpired(facts).length === 0
}

function createMembers(run: SiteRun): Member[] {
  const random = createRandom(seed)
  const releases: Releases = { known: [] }
  return Array.from({ length: MEMBERS }, (_, n) => {
    const name = `member${n}`
    return new Member({ name, run, releases, ids, random: random.fork(name) })
  })
}

/** Deaths have hit commands on their way, and the retries found some of them done. */
function assertWorthIt(run: SiteRun, effects: number): void {
  const retried = [...run.commands.values()].filter(({ attempts }) => attempts.length > 1)
  expect(retried.length).toBeGreaterThan(ROUNDS)
  expect(effects).toBeGreaterThan(100)
  expect(run.listenings.some(({ facts }) => facts.length > 0)).toBe(true)
}
