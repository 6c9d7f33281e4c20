import type { CommandContext } from '#actors/kernel/host.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { isSfv } from '#events/release-kind.ts'

import type { Difference, Differences, Look, LookState } from '#gateways/site/disk/disk-look.ts'
import { completeIntent, sendRace } from '#gateways/site/intents.ts'
import { type FoundRace, hasDirectory, isRecorded } from '#gateways/site/lookup.ts'
import { locationOf, lockOfName, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { replacingSfvs } from '#gateways/site/transfers/upload-outcome.ts'

/** So many names are held against the disk once more, and recorded, at a time. */
const AT_ONCE = 500

/**
 * Records what is otherwise, as the site itself. While the release is locked each difference is
 * looked at once more: what has changed since is left for the next look.
 */
export async function record(
  parts: SiteParts,
  race: FoundRace,
  differences: Differences,
  look: Look,
): Promise<void> {
  const { newDirectories, lostDirectories, isGone } = differences
  const files = inOrder(differences.files)
  if (files.length + newDirectories.length > 0) await assertBegun(parts, race)
  for (let at = 0; at < files.length; at += AT_ONCE) {
    if (look.isGivenUp()) return
    await recordFiles(parts, race, files.slice(at, at + AT_ONCE), look)
  }
  for (const directory of newDirectories) await makeDirectory(parts, race, directory, look)
  const inner = [...lostDirectories].toSorted((one, other) => other.length - one.length)
  for (const directory of inner) await loseDirectory(parts, race, directory, look)
  if (isGone && differences.files.length > 0) await loseRelease(parts, race, look)
}

/** What is gone first, then what lists the others. */
function inOrder(files: readonly Difference[]): readonly Difference[] {
  const rank = ({ kind, file }: Difference) => (kind === 'lost' ? 0 : isSfv(file) ? 1 : 2)
  return files.toSorted((one, other) => rank(one) - rank(other))
}

const own = ({ ids }: SiteParts): CommandContext => {
  return { by: null, connection: null, commandId: ids.next() }
}

/** A crash may have left a release without the first fact of its race. */
async function assertBegun(parts: SiteParts, race: FoundRace): Promise<void> {
  if (isRecorded(race)) return
  const { section, release } = race
  await sendRace(parts, race.id, { type: 'race.create', section, release }, own(parts))
}

async function recordFiles(
  parts: SiteParts,
  { id: race }: FoundRace,
  differences: readonly Difference[],
  look: Look,
): Promise<void> {
  await parts.locks.exclusive([lockOfRace(race)], async () => {
    const sure: Difference[] = []
    for (const each of differences) {
      if (await isStillSo(parts, race, each)) sure.push(each)
      else look.row(rowOf(each, 'BUSY', 'it is changing, or waits for its place'))
    }
    for (const { kind, file, stat } of sure) {
      if (kind !== 'touched' || !stat) continue
      const modifiedAtMs = Math.max(0, Math.floor(stat.modifiedAt))
      const command = { type: 'race.touch-file', file, modifiedAtMs } as const
      await sendRace(parts, race, command, own(parts))
    }
    const command: RaceCommand = {
      type: 'race.reconcile',
      lost: sure.filter(({ kind }) => kind === 'lost' || kind === 'changed').map(nameOf),
      found: sure.flatMap(({ file, stat, content }) => {
        if (!stat || !content) return []
        const modifiedAtMs = Math.floor(stat.modifiedAt)
        return [{ file, uploadId: parts.ids.next(), ...content, modifiedAtMs }]
      }),
    }
    const sfvs = sure.map(nameOf).filter(isSfv)
    const receipt = await replacingSfvs(
      parts,
      race,
      sfvs,
      () => own(parts),
      () => sendRace(parts, race, command, own(parts)),
    )
    tell(sure, receipt.facts as readonly RaceFact[], look)
  })
}

const nameOf = ({ file }: Difference): string => file

/** By the race and by the disk as they are now. */
async function isStillSo(
  parts: SiteParts,
  race: string,
  { file, kind, known, stat }: Difference,
): Promise<boolean> {
  const found = await parts.lookup.raceById(race)
  if (entryOf(found.context.files, file)?.uploadId !== known?.uploadId) return false
  const location = locationOf(found, file)
  if (kind !== 'lost') {
    const now = await parts.files.stat(location)
    return now?.sizeBytes === stat?.sizeBytes && now?.modifiedAt === stat?.modifiedAt
  }
  // A file goes from where it is staged to its place at once: one look at each misses nothing.
  const name = { race, uploadId: known?.uploadId ?? '' }
  return !(await parts.files.isStagedAnywhere(name)) && !(await parts.files.stat(location))
}

const STATES = { lost: 'LOST', found: 'FOUND', changed: 'CHANGED', touched: 'OK' } as const

function tell(sure: readonly Difference[], facts: readonly RaceFact[], look: Look): void {
  const bad = new Map<string, string>()
  for (const { type, data } of facts) {
    if (type === 'race.file-marked-bad') bad.set(data.file, data.expectedCrc32)
  }
  for (const each of sure) {
    const expected = bad.get(each.file)
    bad.delete(each.file)
    const state = STATES[each.kind]
    const words = { found: 'found, and', changed: 'changed, and' }[each.kind as string]
    look.row(
      expected === undefined
        ? rowOf(each, state, each.kind === 'touched' ? 'with another time' : undefined)
        : rowOf(each, 'BAD', `${words} the sfv lists ${expected}`),
    )
  }
  for (const [path, expected] of bad) {
    const words = `the sfv that was found lists ${expected}`
    look.row({ state: 'BAD', path, sizeBytes: null, crc32: null, words })
  }
}

function rowOf({ file, known, stat, content }: Difference, state: LookState, words?: string) {
  const sizeBytes = stat?.sizeBytes ?? known?.sizeBytes ?? null
  const crc32 = content?.crc32 ?? known?.crc32 ?? null
  return { state, path: file, sizeBytes, crc32, ...(words !== undefined && { words }) }
}

async function makeDirectory(
  parts: SiteParts,
  { id: race }: FoundRace,
  directory: string,
  look: Look,
): Promise<void> {
  await parts.locks.exclusive([lockOfRace(race)], async () => {
    const found = await parts.lookup.raceById(race)
    if (hasDirectory(found.context, directory)) return
    if (!(await parts.files.list(locationOf(found, directory)))) return
    await sendRace(parts, race, { type: 'race.make-directory', directory }, own(parts))
    look.row({ state: 'FOUND', path: `${directory}/`, sizeBytes: null, crc32: null })
  })
}

/** One that files are expected in, or under way to, is made again by them. */
async function loseDirectory(
  parts: SiteParts,
  { id: race }: FoundRace,
  directory: string,
  look: Look,
): Promise<void> {
  await parts.locks.exclusive([lockOfRace(race)], async () => {
    const found = await parts.lookup.raceById(race)
    const { files, directories, uploads } = found.context
    const isIn = (path: string) => path.startsWith(`${directory}/`)
    if (!hasDirectory(found.context, directory)) return
    if ([files, directories, uploads].some((each) => Object.keys(each).some(isIn))) return
    if (await parts.files.list(locationOf(found, directory))) return
    await sendRace(parts, race, { type: 'race.remove-directory', directory }, own(parts))
    look.row({ state: 'LOST', path: `${directory}/`, sizeBytes: null, crc32: null })
  })
}

/** Somebody has removed all of it by hand. */
async function loseRelease(
  parts: SiteParts,
  { id: race, section, release }: FoundRace,
  look: Look,
): Promise<void> {
  const locks = [lockOfRace(race), lockOfName(section, release)]
  await parts.locks.exclusive(locks, async () => {
    const found = await parts.lookup.raceById(race)
    const { files, directories, uploads } = found.context
    if ([files, directories, uploads].some((each) => Object.keys(each).length > 0)) return
    if (await parts.files.list(locationOf(found, ''))) return
    await sendRace(parts, race, { type: 'race.remove' }, own(parts))
    const intent = { kind: 'remove-release', section, release, race } as const
    await completeIntent(parts, intent, () => own(parts))
    look.row({ state: 'LOST', path: '', sizeBytes: null, crc32: null, words: 'the whole release' })
  })
}
