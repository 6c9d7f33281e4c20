import type { RaceContext, RacerTally } from '#actors/race/race.commands.ts'
import { discsWithoutList } from '#actors/race/race.counts.ts'
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
  /**
   * Asked for when all else is here: of an open release whether a disc has no list, of a complete
   * one whether a disc has lost its own. A new disc counts there when its list comes.
   */
  readonly lacksDisc: () => boolean
}

/** A copy that a decision may change while the context stays as it is; `before`: as it was. */
export function tallyOf(
  context: Readonly<RaceContext>,
  isComplete: boolean,
  before: Readonly<RaceContext> = context,
): Tally {
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
    lacksDisc: () => (isComplete ? losesDisc(before, context) : lacksDisc(context)),
  }
}

function lacksDisc(race: Readonly<RaceContext>): boolean {
  return discsWithoutList(race).length > 0
}

function losesDisc(before: Readonly<RaceContext>, after: Readonly<RaceContext>): boolean {
  const unlisted = discsWithoutList(after)
  if (unlisted.length === 0) return false
  const wereUnlisted = discsWithoutList(before)
  return unlisted.some((disc) => before.directories[disc] && !wereUnlisted.includes(disc))
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
  const isAllHere = expectedCount > 0 && doneCount === expectedCount && !tally.lacksDisc()
  if (tally.isComplete) {
    if (!isAllHere) {
      const missingFiles = expectedCount - doneCount
      facts.push({ type: 'race.became-incomplete', data: { missingFiles } })
    }
    return facts
  }
  if (isAllHere) {
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
