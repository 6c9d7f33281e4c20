import { readFileSync, statSync } from 'node:fs'

import { InvalidArgumentError, Option } from 'commander'

import { Refusal } from '#events/refusal.ts'
import { CLI_REFUSALS } from '#gateways/cli/admin/run-operation.ts'

/** What takes a limit or a value away. */
const NONE = 'none'
/** What that is parsed to: commander would make an empty text of null. */
export const NOTHING = Symbol(NONE)

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

/** Bytes: `1500`, `64K`, `10G`. */
export function bytesOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,15})([KMGT]?)i?B?$/i.exec(text) ?? []
  const value = digits === '' ? Number.NaN : Number(digits) * UNITS[unit.toUpperCase()]!
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('it is no number of bytes, such as 1500, 64K or 10G')
}

export function countOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it is no whole number')
}

const PERIODS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** Seconds: `90s`, `15m`, `12h`, `7d`, `2w`. */
export function secondsOf(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  if (digits !== undefined && unit !== undefined) return Number(digits) * PERIODS[unit]!
  throw new InvalidArgumentError('it is no time such as 90s, 15m, 12h, 7d or 2w')
}

/** A date, or a date and time, as ISO 8601 in UTC. */
export function momentOf(text: string): string {
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const at = isDate ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new InvalidArgumentError('it is no date such as 2027-01-31 or 2027-01-31T18:00:00Z')
}

/** Hours of the day in UTC: `8-18`, `22-6`. */
export function hoursOf(text: string): { from_hour: number; to_hour: number } {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  const [from_hour, to_hour] = [Number(from), Number(to)]
  if (from_hour < 24 && to_hour < 24) return { from_hour, to_hour }
  throw new InvalidArgumentError('it is no pair of hours from 0 to 23, such as 8-18')
}

/** The same, where `none` takes the value away. */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | typeof NOTHING {
  return (text) => (text === NONE ? NOTHING : parse(text))
}

/** The options that were given, without those that were not; null for what is taken away. */
export function present(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === NOTHING ? null : value]),
  )
}

export function listOf(text: string): string[] {
  return text.split(',').filter((each) => each !== '')
}

const FILE_BYTES = 1024 * 1024
const PASSWORD_FILE_BYTES = 4_096

/** The first line of a file, `-` for the input; other lines are for notes. */
export function passwordIn(path: string): string {
  return textIn(path, PASSWORD_FILE_BYTES).split(/\r?\n/)[0]!
}

/** What is in a file, `-` for the input. Throws a `Refusal`. */
export function textIn(path: string, limitBytes = FILE_BYTES): string {
  try {
    const isTooLarge = path !== '-' && statSync(path).size > limitBytes
    const bytes = isTooLarge ? undefined : readFileSync(path === '-' ? 0 : path)
    if (bytes && bytes.length <= limitBytes) return bytes.toString('utf8')
  } catch (cause) {
    throw new Refusal(CLI_REFUSALS.fileUnreadable, (cause as Error).message)
  }
  throw new Refusal(CLI_REFUSALS.fileUnreadable, `${path} has more than ${limitBytes} bytes.`)
}

export const passwordFile = () =>
  new Option(
    '--password-file <file>',
    'file whose first line is the password; - for input',
  ).makeOptionMandatory()
