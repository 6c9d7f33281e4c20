import type { KnownFact } from '#events/catalogue.ts'
import type { RaceFact, Standing } from '#events/race.facts.ts'

/** Where a race takes place, for the beginning of each line. */
export interface RaceHome {
  readonly section: string
  readonly release: string
}

type Line<T extends RaceFact['type']> = (
  data: Extract<RaceFact, { type: T }>['data'],
  fact: KnownFact,
) => string

/** What the site says about a fact. Types that stand not here are not announced. */
const LINES: { [T in RaceFact['type']]?: Line<T> } = {
  'race.created': (_, { meta }) => `new release by ${meta.by ?? 'the site'}`,
  'race.sfv-added': ({ entries }) => `sfv is here: ${files(entries.length)} expected`,
  'race.started': ({ member, group, expectedFiles }) =>
    `race started by ${member}/${group}` +
    (expectedFiles > 0 ? `, ${files(expectedFiles)} expected` : ''),
  'race.racer-joined': ({ member, group, racers }) =>
    `${member}/${group} joins the race, ${racers} racers now`,
  'race.leader-changed': ({ leader, previous }) =>
    `${figures(leader)} takes the lead from ${previous.member} (${files(previous.files)})`,
  'race.halfway-reached': ({ filesDone, expectedFiles, sizeBytes, leader }) =>
    `halfway: ${filesDone}/${expectedFiles} files, ${size(sizeBytes)}, ${figures(leader)} leads`,
  'race.completed': ({ files: count, sizeBytes, durationMs, standings }) =>
    `complete: ${files(count)}, ${size(sizeBytes)} in ${duration(durationMs)}` +
    ` at ${speed(sizeBytes, durationMs)}. ${standings.slice(0, TOP).map(place).join(', ')}`,
  'race.became-incomplete': ({ missingFiles }) =>
    `incomplete again: ${files(missingFiles)} missing`,
  'race.file-rejected': ({ file, reason }, { meta }) =>
    `${file} by ${meta.by ?? 'unknown'} was refused (${reason})`,
  'race.file-marked-bad': ({ file, member }) => `${file} by ${member} is bad (crc-mismatch)`,
  'race.file-deleted': ({ file }, { meta }) => `${file} was deleted by ${meta.by ?? 'the site'}`,
  'race.removed': (_, { meta }) => `removed by ${meta.by ?? 'the site'}`,
}

/** Racers named at the end of a race: pzs-ng's number. */
const TOP = 7
const LINE_CHARACTERS = 400

/** The line that announces a fact, or undefined. It is one line and fits an IRC message. */
export function announcementOf(
  fact: KnownFact,
  { section, release }: RaceHome,
): string | undefined {
  const line = LINES[fact.type as RaceFact['type']] as Line<RaceFact['type']> | undefined
  if (!line) return undefined
  const text = `[${section}] ${release}: ${line(fact.data as never, fact)}`
  return text.length <= LINE_CHARACTERS ? text : `${text.slice(0, LINE_CHARACTERS - 1)}…`
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
  return `${size(durationMs > 0 ? (bytes * 1000) / durationMs : bytes)}/s`
}

function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms % 60_000) / 1000)
  return minutes < 60
    ? `${minutes} min ${seconds} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
