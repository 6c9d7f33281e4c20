import type { AcceptedFile, RaceContext, RacerTally } from '#actors/race/race.commands.ts'
import type { RaceDecided, Standing } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'

/**
 * pzs-ng announces a new leader when one is two files ahead. In a small release nobody ever
 * would be, so there one file is enough.
 */
const LEAD_FILES = { small: 1, large: 2, largeFromFiles: 10 }
/** A release of one file has no half. */
const HALFWAY_FROM_FILES = 2

/** The part of a race that its standings depend on, apart from the live context. */
export interface Tally {
  racers: Record<string, RacerTally>
  expectedCount: number
  doneCount: number
  sizeBytes: number
  readonly leader: string | null
  readonly isStarted: boolean
  readonly isHalfway: boolean
  readonly firstUploadAtMs: number | null
  readonly isComplete: boolean
}

/** A copy that a decision may change while the context stays as it is. */
export function tallyOf(context: Readonly<RaceContext>, isComplete: boolean): Tally {
  const { expectedCount, doneCount, sizeBytes, leader } = context
  const { isStarted, isHalfway, firstUploadAtMs } = context
  const racers = { ...context.racers }
  return {
    racers,
    expectedCount,
    doneCount,
    sizeBytes,
    leader,
    isStarted,
    isHalfway,
    firstUploadAtMs,
    isComplete,
  }
}

/** Takes a good file's figures away. */
export function takeFromTally(tally: Tally, file: Readonly<AcceptedFile>): void {
  tally.sizeBytes -= file.sizeBytes
  const racer = entryOf(tally.racers, file.member)
  if (!racer || !file.counted) return
  tally.racers[file.member] = {
    group: racer.group,
    files: racer.files - 1,
    sizeBytes: racer.sizeBytes - file.sizeBytes,
    durationMs: racer.durationMs - file.durationMs,
  }
}

/** Racers in order: more files, then more bytes, then less time, then the name. */
export function standingsOf(racers: Readonly<Record<string, RacerTally>>): Standing[] {
  return Object.entries(racers)
    .map(([member, tally]) => ({ member, ...tally }))
    .filter((standing) => standing.files > 0)
    .toSorted(
      (a, b) =>
        b.files - a.files ||
        b.sizeBytes - a.sizeBytes ||
        a.durationMs - b.durationMs ||
        (a.member < b.member ? -1 : 1),
    )
}

/** The leader's figures, all 0 when the leader's files are gone. */
function leaderOf({ leader, racers }: Tally): Standing | undefined {
  if (leader === null) return undefined
  const none = { group: '', files: 0, sizeBytes: 0, durationMs: 0 }
  return { member: leader, ...(entryOf(racers, leader) ?? none) }
}

/** What follows from the files being as `tally` says: a new leader, the half, the end. */
export function consequencesOf(tally: Tally, now: number): RaceDecided[] {
  const standings = standingsOf(tally.racers)
  const facts: RaceDecided[] = []
  const best = standings[0]
  const leader = leaderOf(tally)
  const isLarge = tally.expectedCount >= LEAD_FILES.largeFromFiles
  const lead = isLarge ? LEAD_FILES.large : LEAD_FILES.small
  if (best && leader && best.member !== leader.member && best.files >= leader.files + lead) {
    facts.push({ type: 'race.leader-changed', data: { leader: best, previous: leader } })
  }
  const { expectedCount, doneCount, sizeBytes } = tally
  if (tally.isComplete) {
    if (doneCount < expectedCount || expectedCount === 0) {
      const missingFiles = expectedCount - doneCount
      facts.push({ type: 'race.became-incomplete', data: { missingFiles } })
    }
    return facts
  }
  if (expectedCount > 0 && doneCount === expectedCount) {
    const durationMs = tally.firstUploadAtMs === null ? 0 : now - tally.firstUploadAtMs
    const files = expectedCount
    facts.push({ type: 'race.completed', data: { files, sizeBytes, durationMs, standings } })
    return facts
  }
  const isHalf = expectedCount >= HALFWAY_FROM_FILES && doneCount >= Math.ceil(expectedCount / 2)
  if (isHalf && !tally.isHalfway && best) {
    const data = { filesDone: doneCount, expectedFiles: expectedCount, sizeBytes, leader: best }
    facts.push({ type: 'race.halfway-reached', data })
  }
  return facts
}
