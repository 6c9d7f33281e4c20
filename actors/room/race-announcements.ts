import type { KnownFact } from '#events/catalogue.ts'
import type { Audio, RaceFact, Standing } from '#events/race.facts.ts'
import { kindOf } from '#events/release-kind.ts'

/** Where a race takes place, for the beginning of each line. */
export interface RaceHome {
  readonly section: string
  readonly release: string
  /** Path to CRC32 of what its sfvs list. */
  readonly expected?: Readonly<Record<string, string>>
  /** What its last audio file says of itself. */
  readonly audio?: Audio | null
}

type Line<T extends RaceFact['type']> = (
  data: Extract<RaceFact, { type: T }>['data'],
  fact: KnownFact,
  home: RaceHome,
) => string

/** What the site says about a fact. Types that stand not here are not announced. */
const LINES: { [T in RaceFact['type']]?: Line<T> } = {
  'race.created': (_, { meta }) => `new release by ${meta.by ?? 'the site'}`,
  'race.sfv-added': ({ entries }) =>
    `sfv is here: ${files(entries.length)} expected${ofKind(entries.map(([file]) => file))}`,
  'race.sfv-replaced': ({ file }) => `a better sfv takes the place of ${file}`,
  'race.diz-added': ({ expectedFiles }) => `diz is here: ${files(expectedFiles)} expected (ZIP)`,
  'race.started': ({ member, group, expectedFiles }) =>
    `race started by ${member}/${group}` +
    (expectedFiles > 0 ? `, ${files(expectedFiles)} expected` : ''),
  'race.racer-joined': ({ member, group, racers }) =>
    `${member}/${group} joins the race, ${racers} racers now`,
  'race.leader-changed': ({ leader, previous }) =>
    `${figures(leader)} takes the lead from ${previous.member} (${files(previous.files)})`,
  'race.halfway-reached': ({ filesDone, expectedFiles, sizeBytes, leader }) =>
    `halfway: ${filesDone}/${expectedFiles} files, ${size(sizeBytes)}, ${figures(leader)} leads`,
  'race.completed': completed,
  'race.became-incomplete': ({ missingFiles }) =>
    `incomplete again: ${missingFiles > 0 ? `${files(missingFiles)} missing` : 'its sfv or diz is gone'}`,
  'race.file-rejected': ({ file, reason, words }, { meta }) =>
    `${file} by ${meta.by ?? 'unknown'} was refused (${reason}${words ? `: ${words}` : ''})`,
  'race.file-warned': ({ file, member, words }) => `${file} by ${member}: ${words}`,
  'race.file-cleared': ({ file, member }) => `${file} by ${member} is good after all`,
  'race.speed-tested': ({ group, sizeBytes, durationMs }, { meta }) =>
    `${meta.by ?? 'unknown'}/${group} sent ${size(sizeBytes)} in ${duration(durationMs)}` +
    ` at ${speed(sizeBytes, durationMs)}`,
  'race.file-marked-bad': ({ file, member }) => `${file} by ${member} is bad (crc-mismatch)`,
  'race.file-deleted': ({ file }, { meta }) => `${file} was deleted by ${meta.by ?? 'the site'}`,
  'race.nuked': ({ multiplier, reason, nukees, empty }, { meta }) => {
    const lost = nukees.slice(0, TOP).map(({ member, group, files: count, sizeBytes }) => {
      return `${member}/${group} (${files(count)}, ${size(sizeBytes)})`
    })
    const whom = empty ? [`${empty.member} (empty)`] : lost
    return [`nuked ${multiplier}x by ${meta.by ?? 'the site'}: ${reason}`, ...whom].join(', ')
  },
  'race.unnuked': ({ reason }, { meta }) => `unnuked by ${meta.by ?? 'the site'}: ${reason}`,
  'race.published': ({ group, files: count, sizeBytes }) =>
    `published by ${group}: ${files(count)}, ${size(sizeBytes)}`,
  'race.wiped': (_, { meta }) => `wiped by ${meta.by ?? 'the site'}`,
  'race.removed': (_, { meta }) => `removed by ${meta.by ?? 'the site'}`,
}

/** Racers named at the end of a race: pzs-ng's number. */
const TOP = 7
/** UTF-8: what fits one IRC message beside the longest source and channel. */
const LINE_BYTES = 380

/** The line that announces a fact, or undefined. It is one line and fits an IRC message. */
export function announcementOf(fact: KnownFact, home: RaceHome): string | undefined {
  const line = LINES[fact.type as RaceFact['type']] as Line<RaceFact['type']> | undefined
  if (!line) return undefined
  const text = opening(home) + line(fact.data as never, fact, home)
  return fits(text) ? text : `${cut(text)}…`
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= LINE_BYTES
}

/** What of a text leaves room for the dots behind it. */
function cut(text: string): string {
  const characters = Array.from(text.slice(0, LINE_BYTES))
  while (!fits(`${characters.join('')}…`)) characters.pop()
  return characters.join('')
}

function opening({ section, release }: RaceHome): string {
  return `[${section}] ${release}: `
}

/** As many of the best racers and groups as fit the line, and who was fastest and slowest. */
function completed(
  data: Extract<RaceFact, { type: 'race.completed' }>['data'],
  _: KnownFact,
  home: RaceHome,
): string {
  const { files: count, sizeBytes, durationMs, standings } = data
  const told =
    `complete: ${files(count)}${ofRelease(home)}, ${size(sizeBytes)} in ${duration(durationMs)}` +
    ` at ${speed(sizeBytes, durationMs)}.`
  const groups = groupsOf(standings)
  const extremes = standings.length > 1 ? `. ${extremesOf(standings)}` : ''
  const withTop = (top: number): string => {
    const racers = standings.slice(0, top).map(place).join(', ')
    const best = groups.slice(0, top).map(placeOfGroup).join(', ')
    return `${told} ${racers}${groups.length > 1 ? `. Groups: ${best}` : ''}${extremes}`
  }
  const start = opening(home)
  for (let top = TOP; top > 1; top--) if (fits(start + withTop(top))) return withTop(top)
  return withTop(1)
}

/** The racers of each group together, best first. */
function groupsOf(standings: readonly Standing[]): Omit<Standing, 'member'>[] {
  const groups = new Map<string, Omit<Standing, 'member'>>()
  for (const { group, files: count, sizeBytes, durationMs } of standings) {
    const sum = groups.get(group) ?? { group, files: 0, sizeBytes: 0, durationMs: 0 }
    groups.set(group, {
      group,
      files: sum.files + count,
      sizeBytes: sum.sizeBytes + sizeBytes,
      durationMs: sum.durationMs + durationMs,
    })
  }
  return [...groups.values()].toSorted(
    (a, b) => b.files - a.files || b.sizeBytes - a.sizeBytes || (a.group < b.group ? -1 : 1),
  )
}

function placeOfGroup(
  { group, files: count, sizeBytes }: Omit<Standing, 'member'>,
  index: number,
): string {
  return `${index + 1}. ${group} (${files(count)}, ${size(sizeBytes)})`
}

function extremesOf(standings: readonly Standing[]): string {
  const rate = ({ sizeBytes, durationMs }: Standing) => sizeBytes / Math.max(durationMs, 1)
  const bySpeed = standings.toSorted((a, b) => rate(b) - rate(a))
  const told = ({ member, sizeBytes, durationMs }: Standing) =>
    `${member} (${speed(sizeBytes, durationMs)})`
  return `Fastest: ${told(bySpeed[0]!)}, slowest: ${told(bySpeed.at(-1)!)}`
}

/** Of audio, what its tags say: pzs-ng's lines for it have the genre, the year and the bitrate. */
function ofRelease({ expected = {}, audio }: RaceHome): string {
  if (!audio) return ofKind(Object.keys(expected))
  const { genre, year, kbps } = audio
  const tags = [genre, year, kbps === null ? null : `${kbps} kbit/s`].filter((tag) => tag !== null)
  return ` (${['AUDIO', ...tags].join(', ')})`
}

function ofKind(paths: readonly string[]): string {
  const kind = kindOf(paths)
  return kind === 'OTHER' ? '' : ` (${kind})`
}

function place(standing: Standing, index: number): string {
  return `${index + 1}. ${figures(standing)}`
}

function figures({ member, group, files: count, sizeBytes, durationMs }: Standing): string {
  return `${member}/${group} (${files(count)}, ${size(sizeBytes)}, ${speed(sizeBytes, durationMs)})`
}

function files(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function size(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

function speed(bytes: number, durationMs: number): string {
  return `${size((bytes * 1000) / Math.max(durationMs, 1))}/s`
}

function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms % 60_000) / 1000)
  return minutes < 60
    ? `${minutes} min ${seconds} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
