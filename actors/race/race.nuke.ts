import {
  type AcceptedFile,
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
} from '#actors/race/race.commands.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { Refusal } from '#events/refusal.ts'

type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>
type Brought = Extract<RaceDecided, { type: 'race.nuked' }>['data']['nukees']

/**
 * A nuke says who had brought what: the credits are taken by what the fact says. What is on its
 * way is broken off, so that nothing is brought after it.
 */
export function nuke(
  race: Readonly<RaceContext>,
  { multiplier, reason, emptyBytes }: CommandOf<'race.nuke'>,
): RaceDecided[] {
  if (race.nuke) {
    const { by, reason: why } = race.nuke
    const words = `${race.release} was nuked by ${by}: ${why}`
    throw new Refusal(RACE_REFUSALS.nuked, words, { reason: why, multiplier: race.nuke.multiplier })
  }
  // What has earned nothing cannot be taken back.
  const nukees = broughtBy(race, ({ isUncredited }) => !isUncredited)
  const isEmpty = race.fileCount === 0 && race.maker !== ''
  const empty = isEmpty ? { member: race.maker, sizeBytes: emptyBytes } : null
  const aborted = Object.entries(race.uploads).map(([file, { uploadId }]): RaceDecided => {
    return {
      type: 'race.upload-aborted',
      data: { file, uploadId, receivedBytes: 0, reason: 'nuked' },
    }
  })
  const { release: name } = race
  return [...aborted, { type: 'race.nuked', data: { multiplier, reason, name, nukees, empty } }]
}

export function unnuke(
  race: Readonly<RaceContext>,
  { reason }: CommandOf<'race.unnuke'>,
): RaceDecided[] {
  if (!race.nuke) {
    throw new Refusal(RACE_REFUSALS.notNuked, `${race.release} is not nuked.`)
  }
  return [{ type: 'race.unnuked', data: { nuke: race.nuke.fact, reason } }]
}

export function publish(
  race: Readonly<RaceContext>,
  { group, section: to }: CommandOf<'race.publish'>,
): RaceDecided[] {
  const { section: from, release, sizeBytes } = race
  if (race.nuke) throw new Refusal(RACE_REFUSALS.nuked, `${release} is nuked.`)
  const [busy] = Object.keys(race.uploads)
  if (busy !== undefined) {
    const words = `${busy} is being uploaded.`
    throw new Refusal(RACE_REFUSALS.fileBusy, words, {
      file: busy,
      member: race.uploads[busy]!.member,
    })
  }
  const uploaders = broughtBy(race)
  if (uploaders.length === 0) {
    throw new Refusal(RACE_REFUSALS.emptyRelease, `${release} has no files.`)
  }
  const files = uploaders.reduce((sum, each) => sum + each.files, 0)
  return [
    { type: 'race.published', data: { group, from, to, files, sizeBytes, uploaders } },
    { type: 'race.renamed', data: { section: to, release } },
  ]
}

/** Who has brought how much of what is here and good, most first. */
export function broughtBy(
  race: Pick<RaceContext, 'files'>,
  counts: (file: AcceptedFile) => boolean = () => true,
): Brought {
  const brought = new Map<string, Brought[number]>()
  for (const file of Object.values(race.files)) {
    const { member, group, sizeBytes, isBad } = file
    // What a rescan has found nobody has brought.
    if (isBad || member === '' || !counts(file)) continue
    const sum = brought.get(member) ?? { member, group, files: 0, sizeBytes: 0 }
    brought.set(member, { ...sum, files: sum.files + 1, sizeBytes: sum.sizeBytes + sizeBytes })
  }
  return [...brought.values()].toSorted(
    (a, b) => b.sizeBytes - a.sizeBytes || (a.member < b.member ? -1 : 1),
  )
}
