import type { SiteEntry } from '#gateways/site/listings/site-entry.ts'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const HALF_YEAR_MS = 182 * 24 * 3_600_000
const DAY_MS = 24 * 3_600_000

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0')

export interface Row {
  readonly text: string
  /** From then on its date is written otherwise. */
  readonly goodUntil: number
}

/** An entry is the same object for as long as nothing about it changes. */
const rows = new WeakMap<SiteEntry, Row>()

/** A row as `ls -l` writes it, which is what clients read. Times are UTC. */
export function rowOf(entry: SiteEntry, now: number): Row {
  const known = rows.get(entry)
  if (known && now < known.goodUntil) return known
  const row = { text: formatRow(entry, now), goodUntil: goodUntil(entry.modifiedAt, now) }
  rows.set(entry, row)
  return row
}

export function formatRow(entry: SiteEntry, now: number): string {
  const { type, links, mode } = FORMS[entry.kind]
  const owner = entry.owner.padEnd(8)
  const group = entry.group.padEnd(8)
  const size = String(entry.sizeBytes).padStart(12)
  const arrow = entry.target === undefined ? '' : ` -> ${entry.target}`
  const time = listTime(entry.modifiedAt, now)
  const permissions = type + modeText(entry.mode ?? mode)
  return `${permissions} ${links} ${owner} ${group} ${size} ${time} ${entry.name}${arrow}`
}

const FORMS = {
  directory: { type: 'd', links: '2', mode: 0o755 },
  file: { type: '-', links: '1', mode: 0o644 },
  link: { type: 'l', links: '1', mode: 0o777 },
} as const

const BITS = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx']

function modeText(mode: number): string {
  return `${BITS[(mode >> 6) & 7]}${BITS[(mode >> 3) & 7]}${BITS[mode & 7]}`
}

/** The time of day for what is at most half a year old, the year for the rest. */
function listTime(at: number, now: number): string {
  const date = new Date(at)
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`
  const isRecent = at <= now + DAY_MS && now - at < HALF_YEAR_MS
  if (!isRecent) return `${day}  ${date.getUTCFullYear()}`
  return `${day} ${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`
}

function goodUntil(at: number, now: number): number {
  if (at > now + DAY_MS) return at - DAY_MS
  return now - at < HALF_YEAR_MS ? at + HALF_YEAR_MS : Number.POSITIVE_INFINITY
}

/** RFC 3659 section 2.3: `YYYYMMDDHHMMSS` in UTC. */
export function machineTime(at: number): string {
  const date = new Date(at)
  return (
    pad(date.getUTCFullYear(), 4) +
    pad(date.getUTCMonth() + 1) +
    pad(date.getUTCDate()) +
    pad(date.getUTCHours()) +
    pad(date.getUTCMinutes()) +
    pad(date.getUTCSeconds())
  )
}

/** How MLST facts are told, RFC 3659 section 7.5. */
const FACTS: Readonly<Record<string, (entry: SiteEntry) => string | undefined>> = {
  type: ({ kind, target }) =>
    ({ directory: 'dir', file: 'file', link: `OS.unix=slink:${target}` })[kind],
  size: ({ kind, sizeBytes }) => (kind === 'file' ? String(sizeBytes) : undefined),
  modify: ({ modifiedAt }) => machineTime(modifiedAt),
  perm: (entry) => (entry.isStatus ? STATUS_PERMISSIONS : PERMISSIONS)[entry.kind],
  'UNIX.owner': ({ owner }) => owner,
  'UNIX.group': ({ group }) => group,
  'UNIX.mode': ({ kind, mode = FORMS[kind].mode }) => `0${mode.toString(8).padStart(3, '0')}`,
}

const PERMISSIONS = { directory: 'cdeflmp', file: 'adfr', link: '' }
const STATUS_PERMISSIONS = { directory: 'el', file: '', link: '' }

export const MACHINE_FACTS: readonly string[] = Object.keys(FACTS)

/** RFC 3659 section 7.2: facts, a space, the name. */
export function formatMachineRow(
  entry: SiteEntry,
  facts: readonly string[],
  name?: string,
): string {
  let row = ''
  for (const fact of facts) {
    const value = FACTS[fact]?.(entry)
    if (value !== undefined) row += `${fact}=${value};`
  }
  return `${row} ${name ?? entry.name}`
}
