import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import {
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
  type RunningUpload,
} from '#actors/race/race.commands.ts'
import { consequencesOf, takeFromTally, type Tally, tallyOf } from '#actors/race/race.standings.ts'
import { parseSfv, type SfvEntry } from '#actors/race/sfv.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type Finish = Extract<RaceCommand, { type: 'race.finish-upload' }>

/** Files that describe a release do not count in the race, unless the sfv lists them. */
const DESCRIBING = /\.(sfv|nfo|diz|m3u8?|cue|log|txt|jpe?g|png)$/i

export function isSfv(path: string): boolean {
  return path.toLowerCase().endsWith('.sfv')
}

/** All bytes of a file are here: is it what the sfv says, and what follows from it? */
export function finishUpload(
  race: Readonly<RaceContext>,
  command: Finish,
  env: DecideEnv,
  isComplete: boolean,
): RaceDecided[] {
  const { file, uploadId, sizeBytes, crc32 } = command
  const upload = entryOf(race.uploads, file)
  if (upload?.uploadId !== uploadId) {
    const words = `No upload of ${file} is under way.`
    throw new Refusal(RACE_REFUSALS.noSuchUpload, words, { file })
  }
  const rejected = (data: object): RaceDecided[] => [
    { type: 'race.file-rejected', data: { file, uploadId, sizeBytes, crc32, ...data } as never },
  ]
  if (sizeBytes === 0) return rejected({ reason: 'empty-file' })
  const expectedCrc32 = entryOf(race.expected, file)
  if (expectedCrc32 !== undefined && expectedCrc32 !== crc32) {
    return rejected({ reason: 'crc-mismatch', expectedCrc32 })
  }
  const tally = tallyOf(race, isComplete)
  if (!isSfv(file)) return accept(race, command, upload, tally, env)
  const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')))
  const entries = parseSfv(command.sfvText ?? '', folder)
  if (!entries) return rejected({ reason: 'sfv-invalid' })
  return acceptSfv(race, command, upload, tally, entries, env)
}

function accept(
  race: Readonly<RaceContext>,
  { file, uploadId, sizeBytes, crc32, durationMs }: Finish,
  { group, member }: RunningUpload,
  tally: Tally,
  env: DecideEnv,
): RaceDecided[] {
  const isListed = entryOf(race.expected, file) !== undefined
  const counted = isListed || !DESCRIBING.test(file)
  const facts: RaceDecided[] = [
    {
      type: 'race.file-accepted',
      data: { file, uploadId, group, sizeBytes, crc32, durationMs, verified: isListed, counted },
    },
  ]
  tally.sizeBytes += sizeBytes
  if (isListed) tally.doneCount++
  if (!counted) return [...facts, ...consequencesOf(tally, env.now)]
  const racer = entryOf(tally.racers, member)
  const isNew = !racer || racer.files === 0
  tally.racers[member] = {
    group,
    files: (racer?.files ?? 0) + 1,
    sizeBytes: (racer?.sizeBytes ?? 0) + sizeBytes,
    durationMs: (racer?.durationMs ?? 0) + durationMs,
  }
  if (!tally.isStarted) {
    const { expectedCount: expectedFiles } = tally
    facts.push({ type: 'race.started', data: { member, group, expectedFiles } })
  } else if (isNew) {
    const racers = Object.values(tally.racers).filter((each) => each.files > 0).length
    facts.push({ type: 'race.racer-joined', data: { member, group, racers } })
  }
  return [...facts, ...consequencesOf(tally, env.now)]
}

/** A new sfv also judges the files that came before it. */
function acceptSfv(
  race: Readonly<RaceContext>,
  { file, uploadId, sizeBytes, crc32, durationMs }: Finish,
  { group }: RunningUpload,
  tally: Tally,
  entries: readonly SfvEntry[],
  env: DecideEnv,
): RaceDecided[] {
  const verified = entryOf(race.expected, file) !== undefined
  tally.sizeBytes += sizeBytes
  if (verified) tally.doneCount++
  const judged: RaceDecided[] = []
  for (const [path, expectedCrc32] of entries) {
    if (entryOf(race.expected, path) !== undefined) continue
    tally.expectedCount++
    const present = entryOf(race.files, path)
    if (!present || present.isBad) continue
    if (present.crc32 === expectedCrc32) {
      tally.doneCount++
      judged.push({ type: 'race.file-verified', data: { file: path } })
      continue
    }
    const { member, counted } = present
    const figures = { sizeBytes: present.sizeBytes, durationMs: present.durationMs }
    takeFromTally(tally, present)
    judged.push({
      type: 'race.file-marked-bad',
      data: { file: path, member, ...figures, crc32: present.crc32, expectedCrc32, counted },
    })
  }
  return [
    {
      type: 'race.file-accepted',
      data: { file, uploadId, group, sizeBytes, crc32, durationMs, verified, counted: false },
    },
    { type: 'race.sfv-added', data: { file, entries: [...entries] } },
    ...judged,
    ...consequencesOf(tally, env.now),
  ]
}
