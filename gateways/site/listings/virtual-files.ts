import type { RacerTally } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'
import { isAudio } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

import type { FoundRace } from '#gateways/site/lookup.ts'
import { formatSize, MESSAGE_FILE, percentOf } from '#gateways/site/listings/status.ts'

/** A file that is made up when somebody asks for it. */
export interface VirtualFile {
  readonly name: string
  readonly content: Buffer
  /** Paths below the release that it names: it is for those who see them all. */
  readonly names: readonly string[]
}

/** What a release shows in its own folder: the race in words, and the list of a whole album. */
export function virtualFilesOf(race: FoundRace, siteName: string): VirtualFile[] {
  const lines = raceLines(race, siteName)
  const files: VirtualFile[] = []
  if (lines.length > 0) {
    const content = Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
    files.push({ name: MESSAGE_FILE, content, names: [] })
  }
  const tracks = playlistOf(race)
  if (tracks.length > 0) {
    const content = Buffer.from(tracks.map((track) => `${track}\r\n`).join(''))
    files.push({ name: `${race.release}.m3u`, content, names: tracks })
  }
  return files
}

const RACERS_SHOWN = 20
const GROUPS_SHOWN = 10
const TABLE_HEAD = ' #  NAME             GROUP            FILES    SIZE   KIB/S'

/** The race table; nothing before the first file. Who has published it hides who brought it. */
export function raceLines({ context, isComplete }: FoundRace, siteName: string): string[] {
  const { expectedCount, doneCount, fileCount, sizeBytes, racers, nuke, published } = context
  if (fileCount === 0 && expectedCount === 0) return []
  const audio = [context.audio?.genre, context.audio?.year].filter((word) => word != null)
  const isRace = published === null
  const standings = Object.entries(racers)
    .filter(([, { files }]) => files > 0)
    .map(([name, tally]): Row => ({ name, ...tally }))
  const groups = groupsOf(standings)
  return [
    `[${siteName}] ${isComplete ? 'Complete' : progressWords(doneCount, expectedCount)}: ` +
      `${fileCount === 1 ? '1 file' : `${fileCount} files`}, ${formatSize(sizeBytes)}`,
    ...(audio.length > 0 ? [`Music: ${audio.join(' ')}`] : []),
    ...(nuke ? [`NUKED x${nuke.multiplier} by ${nuke.by}: ${nuke.reason}`] : []),
    ...(published ? [`Published by ${published.group}`] : []),
    ...(isRace && standings.length > 0 ? [TABLE_HEAD, ...table(standings, RACERS_SHOWN)] : []),
    ...(isRace && groups.length > 1 ? ['Groups:', ...table(groups, GROUPS_SHOWN)] : []),
  ].map(oneLine)
}

const DIZ_LINES = 20

/** What the zips in the release itself say of it (glFTPd: show_diz). */
export function dizLines({ context }: FoundRace): string[] {
  const text = entryOf(context.zips, '')?.text.trimEnd()
  if (!text) return []
  return text.split(/\r?\n/, DIZ_LINES).map((line) => oneLine(line).slice(0, 80))
}

interface Row extends RacerTally {
  readonly name: string
}

function progressWords(done: number, expected: number): string {
  if (expected === 0) return 'Without an sfv'
  return `${percentOf(done, expected)}% complete, ${done} of ${expected}`
}

function groupsOf(racers: readonly Row[]): Row[] {
  const groups = new Map<string, Row>()
  for (const { group, files, sizeBytes, durationMs } of racers) {
    const sum = groups.get(group) ?? { name: group, group, files: 0, sizeBytes: 0, durationMs: 0 }
    groups.set(group, {
      ...sum,
      files: sum.files + files,
      sizeBytes: sum.sizeBytes + sizeBytes,
      durationMs: sum.durationMs + durationMs,
    })
  }
  return [...groups.values()]
}

function table(rows: readonly Row[], shown: number): string[] {
  const sorted = rows.toSorted((a, b) => {
    return b.files - a.files || b.sizeBytes - a.sizeBytes || (a.name < b.name ? -1 : 1)
  })
  const lines = sorted.slice(0, shown).map(({ name, group, ...figures }, index) => {
    const { files, sizeBytes, durationMs } = figures
    const speed = durationMs > 0 ? Math.round(sizeBytes / 1.024 / durationMs) : 0
    return [
      String(index + 1).padStart(2),
      ` ${name.slice(0, 16).padEnd(16)}`,
      group.slice(0, 14).padEnd(14),
      String(files).padStart(7),
      formatSize(sizeBytes).padStart(7),
      String(speed).padStart(7),
    ].join(' ')
  })
  const more = rows.length - lines.length
  return more > 0 ? [...lines, `    and ${more} more`] : lines
}

/** Tracks of a complete album in order, unless it brings a list of its own. */
function playlistOf({ context, isComplete }: FoundRace): string[] {
  if (!isComplete || context.audio === null) return []
  const paths = Object.keys(context.files)
  const hasOwn = paths.some((path) => folderOf(path) === '' && /\.m3u8?$/i.test(path))
  if (hasOwn) return []
  return paths.filter((path) => isAudio(path) && !context.files[path]!.isBad).toSorted()
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}
