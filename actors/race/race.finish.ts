import { audioFault } from '#actors/race/audio-rules.ts'
import { parseDiz } from '#actors/race/diz.ts'
import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
  type RunningUpload,
} from '#actors/race/race.commands.ts'
import { assertNotHere } from '#actors/race/race.begin.ts'
import { zipsDone } from '#actors/race/race.counts.ts'
import { listedAs } from '#actors/race/race.entries.ts'
import { foresee, withConsequences } from '#actors/race/race.foresee.ts'
import { acceptSfv } from '#actors/race/race.sfv.ts'
import { consequencesOf, type Tally, tallyOf } from '#actors/race/race.standings.ts'
import type { RaceDecided, Rejection } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { isAudio, isSfv, isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

export type FinishUpload = Extract<RaceCommand, { type: 'race.finish-upload' }>

interface Why {
  readonly reason: Rejection
  readonly words?: string | undefined
  readonly expectedCrc32?: string
}

/** Files that describe a release do not count in the race, unless the sfv lists them. */
const DESCRIBING = /\.(sfv|nfo|diz|m3u8?|cue|log|txt|jpe?g|png)$/i

/** All bytes of a file are here: is it what the sfv says, and what follows from it? */
export function finishUpload(
  race: Readonly<RaceContext>,
  command: FinishUpload,
  env: DecideEnv,
  state: ActorState<RaceContext>,
): RaceDecided[] {
  const { file, uploadId, sizeBytes, crc32, durationMs, rules } = command
  const upload = entryOf(race.uploads, file)
  if (upload?.uploadId !== uploadId) {
    const words = `No upload of ${file} is under way.`
    throw new Refusal(RACE_REFUSALS.noSuchUpload, words, { file })
  }
  // Since this upload began an sfv may have come that clears the file which this one was to
  // replace, or that lists the two names of one file as one.
  if (!isSfv(file)) assertNotHere(race, file)
  const listed = listedAs(race, file)
  const why = rejectionOf(race, command, listed)
  if (why) return [rejected(command, why)]
  if (rules?.purpose === 'speedtest') {
    const { group } = upload
    const measured = { file, uploadId, group, sizeBytes, durationMs }
    return [{ type: 'race.speed-tested', data: measured }]
  }
  const data: Accepted = {
    file,
    uploadId,
    group: upload.group,
    sizeBytes,
    crc32,
    durationMs,
    verified: listed !== undefined,
    counted: !isSfv(file) && (listed !== undefined || !DESCRIBING.test(file)),
    credited: isCredited(command),
    inStatistics: isCredited(command) && command.isOutsideStatistics !== true,
  }
  const accepted: RaceDecided = { type: 'race.file-accepted', data }
  if (isSfv(file)) {
    const { sfvText = '' } = command
    const outcome = acceptSfv(race, state.value === 'complete', sfvText, accepted, env)
    if (typeof outcome === 'string') return [rejected(command, { reason: outcome })]
    return withConsequences(state, outcome, env)
  }
  const matched: RaceDecided[] =
    listed === undefined || listed === file
      ? []
      : [{ type: 'race.entry-matched', data: { listed, file } }]
  const told = [...matched, accepted, ...tellingOf(race, command, upload)]
  return [...told, ...whatFollows(state, told, data, upload, env)]
}

function rejected({ file, uploadId, sizeBytes, crc32 }: FinishUpload, why: Why): RaceDecided {
  const { reason, words, expectedCrc32 } = why
  return {
    type: 'race.file-rejected',
    data: {
      file,
      uploadId,
      sizeBytes,
      crc32,
      reason,
      ...(words !== undefined && { words }),
      ...(expectedCrc32 !== undefined && { expectedCrc32 }),
    },
  }
}

function rejectionOf(
  race: Readonly<RaceContext>,
  { sizeBytes, crc32, zip, rules, rejection, file, audio }: FinishUpload,
  listed: string | undefined,
): Why | undefined {
  if (sizeBytes === 0) return { reason: 'empty-file' }
  const expectedCrc32 = listed === undefined ? undefined : entryOf(race.expected, listed)
  if (expectedCrc32 !== undefined && expectedCrc32 !== crc32) {
    return { reason: 'crc-mismatch', expectedCrc32 }
  }
  if (zip && rules?.testsZips && zip.isEncrypted) return { reason: 'zip-encrypted' }
  if (zip && rules?.testsZips && !zip.isWhole) return { reason: 'zip-broken' }
  if (rules?.audio?.action === 'refuse' && isAudio(file)) {
    const fault = audioFault(audio, rules.audio)
    if (fault) return { reason: 'audio-not-allowed', words: fault.words }
  }
  return rejection
}

/** What the file tells of the release, and what the section would rather not have. */
function tellingOf(
  race: Readonly<RaceContext>,
  { file, dizText, audio, rules }: FinishUpload,
  { member }: RunningUpload,
): RaceDecided[] {
  const facts: RaceDecided[] = []
  const folder = folderOf(file)
  const expectedFiles = dizText === undefined ? undefined : parseDiz(dizText)
  if (expectedFiles !== undefined && dizText !== undefined && !isCounted(race, folder)) {
    facts.push({ type: 'race.diz-added', data: { file, folder, expectedFiles, text: dizText } })
  }
  if (audio) facts.push({ type: 'race.audio-tagged', data: { file, ...audio } })
  const fault = rules?.audio && isAudio(file) ? audioFault(audio, rules.audio) : undefined
  if (fault) facts.push({ type: 'race.file-warned', data: { file, member, ...fault } })
  return facts
}

/** How many zips the folder has to have is known: by a diz, or by an sfv that lists them. */
function isCounted(race: Readonly<RaceContext>, folder: string): boolean {
  if (entryOf(race.zips, folder)) return true
  return Object.keys(race.expected).some((path) => isZip(path) && folderOf(path) === folder)
}

/** Who races now, and what that makes of the race. */
function whatFollows(
  { value, context: race }: ActorState<RaceContext>,
  told: readonly RaceDecided[],
  accepted: Accepted,
  { member, group }: RunningUpload,
  env: DecideEnv,
): RaceDecided[] {
  const isComplete = value === 'complete'
  const isPlain = told.every(({ type }) => !CHANGES_EXPECTED.has(type))
  const tally = isPlain
    ? afterFile(race, tallyOf(race, isComplete), accepted, member)
    : tallyOf(foresee(race, told, env), isComplete)
  const facts: RaceDecided[] = []
  if (accepted.counted && !tally.isStarted) {
    const { expectedCount: expectedFiles } = tally
    facts.push({ type: 'race.started', data: { member, group, expectedFiles } })
  } else if (accepted.counted && !entryOf(race.racers, member)?.files) {
    const racers = Object.values(tally.racers).filter(({ files }) => files > 0).length
    facts.push({ type: 'race.racer-joined', data: { member, group, racers } })
  }
  return [...facts, ...consequencesOf(tally, env.now)]
}

type Accepted = Extract<RaceDecided, { type: 'race.file-accepted' }>['data']

const CHANGES_EXPECTED: ReadonlySet<string> = new Set<RaceDecided['type']>([
  'race.diz-added',
  'race.entry-matched',
])

/** The figures with one more file, which is neither here nor an sfv. */
function afterFile(
  race: Readonly<RaceContext>,
  tally: Tally,
  { file, group, sizeBytes, durationMs, verified, counted }: Accepted,
  member: string,
): Tally {
  tally.sizeBytes += sizeBytes
  if (verified) tally.doneCount++
  const zips = isZip(file) ? entryOf(race.zips, folderOf(file)) : undefined
  if (zips) tally.doneCount += zipsDone({ ...zips, files: zips.files + 1 }) - zipsDone(zips)
  if (!counted) return tally
  const racer = entryOf(tally.racers, member)
  tally.racers[member] = {
    group: racer?.group ?? group,
    files: (racer?.files ?? 0) + 1,
    sizeBytes: (racer?.sizeBytes ?? 0) + sizeBytes,
    durationMs: (racer?.durationMs ?? 0) + durationMs,
  }
  return tally
}

/** What lies in a pre section earns and counts when it is published. */
function isCredited({ isUncredited = false, rules }: FinishUpload): boolean {
  return !isUncredited && rules?.purpose !== 'pre'
}
