import { flagLetters, groupName, memberName } from '#actors/account/account.commands.ts'
import { Refusal } from '#events/refusal.ts'

export const KIB = 1_024

/** As the ledger's commands have it. */
const BYTES_MAX = 2 ** 50

export function wordsOf(rest: string): string[] {
  return rest.split(/ +/).filter((word) => word !== '')
}

/** Rejects more or fewer words than a line has. */
export function wordsBetween(rest: string, least: number, most: number): string[] {
  const words = wordsOf(rest)
  if (words.length >= least && words.length <= most) return words
  const wanted = least === most ? `${least}` : `${least} to ${most}`
  throw new Refusal('malformed-line', `It has ${words.length} values; ${wanted} are expected.`)
}

export function whole(word: string, least: number, most: number): number {
  const value = /^-?\d{1,16}$/.test(word) ? Number(word) : Number.NaN
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new Refusal('not-a-number', `${quoted(word)} is no whole number from ${least} to ${most}.`)
}

/** KiB, as bytes. */
export function kibibytes(word: string): number {
  return whole(word, -BYTES_MAX / KIB, BYTES_MAX / KIB) * KIB
}

/** Most of glFTPd's limits say -1 for none. */
export function limitOrNone(word: string, most = 1_000_000): number | null {
  const value = whole(word, -1, most)
  return value < 0 ? null : value
}

/** Seconds since 1970, as milliseconds. */
export function momentOf(word: string): number {
  return whole(word, 0, 253_402_300_799) * 1_000
}

export function textUpTo(rest: string, characters: number): string {
  if (rest.length <= characters) return rest
  throw new Refusal('too-long', `It has ${rest.length} characters; ${characters} at most.`)
}

const matching = (schema: typeof memberName, code: string, words: string) => (word: string) => {
  if (schema.safeParse(word).success) return word
  throw new Refusal(code, `${quoted(word)} ${words}`)
}

export const userNameOf = matching(
  memberName,
  'name-unfit',
  'is no name of a member: 1 to 24 letters, digits, _ and -.',
)
export const groupNameOf = matching(
  groupName,
  'name-unfit',
  'is no name of a group: 1 to 32 letters, digits, _ and -.',
)
export const flagsOf = matching(
  flagLetters.max(100),
  'flag-unknown',
  'has flags other than the digits 1 to 8 and the letters A to N.',
)

/** A directory of the site, below its top. */
export function directoryOf(rest: string): string {
  const parts = rest.split('/')
  const isFit = rest.startsWith('/') && !rest.includes('\\') && !parts.includes('..')
  if (!isFit) throw new Refusal('path-unfit', `${quoted(rest)} is no path of a directory.`)
  return rest === '/' ? '' : textUpTo(rest, 512)
}

/** Text from outside, short and without what could deceive. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
