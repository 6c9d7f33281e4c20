import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { RACE_REFUSALS, type RaceCommand, type RaceContext } from '#actors/race/race.commands.ts'
import { listedAs } from '#actors/race/race.entries.ts'
import { foresee, withConsequences } from '#actors/race/race.foresee.ts'
import { acceptSfv } from '#actors/race/race.sfv.ts'
import { figuresOf } from '#actors/race/race.wipe.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf, isPlainKey } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { folderOf } from '#events/release-paths.ts'

type Reconcile = Extract<RaceCommand, { type: 'race.reconcile' }>
type Found = Reconcile['found'][number]

/** Files and directories of one release, together. */
const ENTRIES = 10_000

/**
 * Records what a look at the disk has found to be otherwise. What is being uploaded meanwhile
 * and what the race knows to be so already is left alone, so that a look may be late. An sfv
 * that is found is read as one that is uploaded, and judges what is here.
 */
export function reconcile(
  race: Readonly<RaceContext>,
  { lost, found }: Reconcile,
  env: DecideEnv,
  state: ActorState<RaceContext>,
): RaceDecided[] {
  const gone = new Set(lost)
  const news = found.filter((each) => isNews(race, gone, each))
  const facts: RaceDecided[] = [...gone].flatMap((file) => {
    const present = entryOf(race.files, file)
    if (!present || entryOf(race.uploads, file)) return []
    return [{ type: 'race.file-lost', data: { file, ...figuresOf(present) } }]
  })
  facts.push(...foldersOf(race, news))
  let now = foresee(race, facts, env)
  for (const each of news.filter(({ sfvText }) => sfvText !== undefined)) {
    const told = foundSfv({ value: state.value, context: now }, each, env)
    now = foresee(now, told, env)
    facts.push(...told)
  }
  for (const each of news.filter(({ sfvText }) => sfvText === undefined)) {
    facts.push(...foundFile(now, each))
  }
  if (facts.length === 0) return []
  assertRoom(race, facts)
  return withConsequences(state, facts, env)
}

function isNews(race: Readonly<RaceContext>, lost: ReadonlySet<string>, { file }: Found): boolean {
  if (!file.split('/').every(isPlainKey)) return false
  if (entryOf(race.uploads, file) || entryOf(race.directories, file)) return false
  return entryOf(race.files, file) === undefined || lost.has(file)
}

/** One that is none, or that is no better than what is there, is a file as any other. */
function foundSfv(
  { value, context: race }: Pick<ActorState<RaceContext>, 'value' | 'context'>,
  found: Found,
  env: DecideEnv,
): RaceDecided[] {
  const listed = entryOf(race.expected, found.file)
  const fact = foundFact(found, listed === found.crc32)
  // It may be so no longer by what the same look has found to be lost.
  const isComplete = value === 'complete' && race.doneCount === race.expectedCount
  const outcome = acceptSfv(race, isComplete, found.sfvText ?? '', fact, env)
  return typeof outcome === 'string' ? foundFile(race, found) : outcome
}

function foundFile(race: Readonly<RaceContext>, found: Found): RaceDecided[] {
  const { file, sizeBytes, crc32 } = found
  const listed = listedAs(race, file)
  const expectedCrc32 = listed === undefined ? undefined : entryOf(race.expected, listed)
  const facts: RaceDecided[] = []
  if (listed !== undefined && listed !== file) {
    facts.push({ type: 'race.entry-matched', data: { listed, file } })
  }
  facts.push(foundFact(found, expectedCrc32 === crc32))
  if (expectedCrc32 !== undefined && expectedCrc32 !== crc32) {
    const data = { file, member: '', sizeBytes, durationMs: 0, crc32, expectedCrc32 }
    facts.push({ type: 'race.file-marked-bad', data: { ...data, counted: false } })
  }
  return facts
}

function foundFact(found: Found, verified: boolean) {
  const { file, uploadId, sizeBytes, crc32, modifiedAtMs } = found
  const data = { file, uploadId, sizeBytes, crc32, verified, modifiedAtMs }
  return { type: 'race.file-found' as const, data }
}

/** The directories above what is found that are not known yet, outer ones first. */
function foldersOf(race: Readonly<RaceContext>, found: readonly Found[]): RaceDecided[] {
  const folders = new Set<string>()
  for (const { file } of found) {
    for (let folder = folderOf(file); folder !== ''; folder = folderOf(folder)) folders.add(folder)
  }
  return [...folders]
    .filter((directory) => entryOf(race.directories, directory) === undefined)
    .toSorted((one, other) => one.length - other.length)
    .map((directory) => ({ type: 'race.directory-made', data: { directory } }))
}

function assertRoom(race: Readonly<RaceContext>, facts: readonly RaceDecided[]): void {
  const found = facts.filter(({ type }) => type === 'race.file-found').length
  const lost = facts.filter(({ type }) => type === 'race.file-lost').length
  const made = facts.filter(({ type }) => type === 'race.directory-made').length
  const before = race.fileCount + Object.keys(race.directories).length
  if (found + made === 0 || before + found + made - lost <= ENTRIES) return
  const words = `A release has at most ${ENTRIES} entries.`
  throw new Refusal(RACE_REFUSALS.tooManyFiles, words)
}
