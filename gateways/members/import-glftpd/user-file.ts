import { ACCOUNT_LIMITS, NO_LIMITS } from '#actors/account/account.commands.ts'
import type { AccountLimits } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

import {
  directoryOf,
  flagsOf,
  groupNameOf,
  kibibytes,
  KIB,
  limitOrNone,
  momentOf,
  quoted,
  textUpTo,
  whole,
  wordsBetween,
  wordsOf,
} from '#gateways/members/import-glftpd/fields.ts'
import { type KeyedLines, readKeyedLines } from '#gateways/members/import-glftpd/keyed-lines.ts'
import type { ImportProblems, SourceFile } from '#gateways/members/import-glftpd/source-lines.ts'
import { isMask } from '#gateways/members/masks.ts'

export interface GlftpdGroupOfUser {
  readonly name: string
  readonly isAdmin: boolean
  readonly isPrivate: boolean
  /** Where it is said. */
  readonly line: number
}

/** Credits, ratio or allotment in one of glFTPd's credit sections. */
export interface GlftpdAmount {
  readonly section: string
  readonly value: number
}

export interface GlftpdUser {
  comment: string
  flags: string
  tagline: string
  startDirectory: string
  limits: AccountLimits
  expiresAtMs: number | null
  added: { readonly atMs: number; readonly by: string } | null
  groups: GlftpdGroupOfUser[]
  masks: string[]
  /** In bytes; below 0: debts. */
  credits: GlftpdAmount[]
  ratios: GlftpdAmount[]
  /** In bytes a week. */
  allotment: GlftpdAmount | null
}

/** What a line is read with: the names of the credit sections, the first one the default. */
interface Reading {
  readonly user: GlftpdUser
  readonly sections: readonly string[]
}

const MINUTE_MS = 60_000
const HOUR = 24
const IDLE_MINUTES_MAX = 525_600
const KIB_PER_SECOND_MAX = 2 ** 30
const STATISTICS = 'ALLUP ALLDN WKUP WKDN DAYUP DAYDN MONTHUP MONTHDN NUKE TIME SLOTS'.split(' ')

/**
 * The lines of a user's file. Their fields are named in the comments of glFTPd's default.user
 * (https://github.com/teqnodude/glftpd-installer/blob/1b369ae/packages/core/default.user) and in
 * SITE CHANGE's help; how others write them is in
 * https://github.com/silv3rr/scripts/blob/491c078/gltool.sh.
 */
const LINES: KeyedLines<Reading>['read'] = {
  USER: (rest, { user }) => void (user.comment = textUpTo(rest, 300)),
  GENERAL: readGeneral,
  LOGINS: readLogins,
  TIMEFRAME: readTimeframe,
  FLAGS: (rest, { user }) => void (user.flags = flagsOf(rest)),
  TAGLINE: (rest, { user }) => void (user.tagline = textUpTo(rest, 120)),
  DIR: (rest, { user }) => void (user.startDirectory = directoryOf(rest)),
  // Where glFTPd's own files lie on that machine: veza shows one site to all.
  HOMEDIR: (rest) => void directoryOf(rest),
  CREDITS: readCredits,
  RATIO: readRatios,
  ADDED: readAdded,
  EXPIRES: (rest, { user }) => {
    const at = momentOf(wordsBetween(rest, 1, 1)[0]!)
    user.expiresAtMs = at === 0 ? null : at
  },
  GROUP: readGroup,
  PRIVATE: (rest, { user }, line) => {
    const name = groupNameOf(wordsBetween(rest, 1, 1)[0]!)
    addGroup(user, { name, isAdmin: false, isPrivate: true, line })
  },
  IP: readMask,
  // What was transferred is no fact of this log; that the line is whole is checked all the same.
  ...Object.fromEntries(STATISTICS.map((keyword) => [keyword, readStatistics])),
}

const USER_LINES: KeyedLines<Reading> = {
  read: LINES,
  repeated: new Set(['GROUP', 'PRIVATE', 'IP']),
  needed: ['FLAGS', 'CREDITS', 'RATIO'],
}

/** What a user's file says; what cannot be taken becomes problems with their lines. */
export function readUserFile(
  source: SourceFile,
  sections: readonly string[],
  problems: ImportProblems,
): GlftpdUser {
  const user: GlftpdUser = {
    comment: '',
    flags: '',
    tagline: '',
    startDirectory: '',
    limits: NO_LIMITS,
    expiresAtMs: null,
    added: null,
    groups: [],
    masks: [],
    credits: [],
    ratios: [],
    allotment: null,
  }
  readKeyedLines(source, USER_LINES, { user, sections }, problems)
  return user
}

/** The weekly allotment as `section,KiB`, idle minutes, and KiB/s of downloads and uploads. */
function readGeneral(rest: string, { user, sections }: Reading): void {
  const [allotment, idle, download, upload] = wordsBetween(rest, 4, 4)
  const [first, second] = allotment!.split(',')
  const [index, kib] = second === undefined ? ['0', first!] : [first!, second]
  const value = kibibytes(kib)
  if (value < 0) throw new Refusal('not-a-number', 'An allotment is 0 KiB or more.')
  if (value > 0) {
    user.allotment = { section: sectionAt(sections, whole(index, 0, 99)), value }
  }
  const minutes = limitOrNone(idle!, IDLE_MINUTES_MAX)
  user.limits = {
    ...user.limits,
    idleTimeoutMs: minutes === null ? null : minutes * MINUTE_MS,
    downloadBytesPerSecondMax: speed(download!),
    uploadBytesPerSecondMax: speed(upload!),
  }
}

/** 0: as fast as it goes. */
function speed(word: string): number | null {
  const value = limitOrNone(word, KIB_PER_SECOND_MAX)
  return value === null || value === 0 ? null : value * KIB
}

/** Logins in all and from one address, then downloads and uploads at a time. */
function readLogins(rest: string, { user }: Reading): void {
  const [logins, perAddress, downloads, uploads] = wordsBetween(rest, 1, 4).map((word) =>
    limitOrNone(word),
  )
  user.limits = {
    ...user.limits,
    loginsMax: logins!,
    // 0 stands in glFTPd's own default.user, whose users log in: no limit.
    loginsPerAddressMax: perAddress === 0 ? null : (perAddress ?? null),
    downloadsMax: downloads ?? null,
    uploadsMax: uploads ?? null,
  }
}

/** Two hours of the day; the same twice: all day. */
function readTimeframe(rest: string, { user }: Reading): void {
  const [fromHour, toHour] = wordsBetween(rest, 2, 2).map((word) => whole(word, 0, HOUR) % HOUR)
  const loginHours = fromHour === toHour ? null : { fromHour: fromHour!, toHour: toHour! }
  user.limits = { ...user.limits, loginHours }
}

function readCredits(rest: string, { user, sections }: Reading): void {
  wordsBetween(rest, 1, 100).forEach((word, index) => {
    const value = kibibytes(word)
    if (value !== 0) user.credits.push({ section: sectionAt(sections, index), value })
  })
}

/** -1: as in the default section, which every section without a name of its own is. */
function readRatios(rest: string, { user, sections }: Reading): void {
  const ratios = wordsBetween(rest, 1, 100).map((word) => whole(word, -1, 1_000))
  if (ratios[0]! < 0) throw new Refusal('not-a-number', 'The first ratio is 0 or more.')
  ratios.forEach((value, index) => {
    const isAsDefault = value < 0 || (index > 0 && value === 0 && sections[index] === undefined)
    if (!isAsDefault) user.ratios.push({ section: sectionAt(sections, index), value })
  })
}

/** glFTPd's files number its credit sections; their names are in its configuration alone. */
function sectionAt(sections: readonly string[], index: number): string {
  const name = sections[index]
  if (name !== undefined) return name
  const words = `Section ${index} has no name: tell the names of the sections from 1 on.`
  throw new Refusal('section-unnamed', words)
}

function readAdded(rest: string, { user }: Reading): void {
  const [at, ...by] = wordsOf(rest)
  if (at === undefined) throw new Refusal('malformed-line', 'It does not say when.')
  user.added = { atMs: momentOf(at), by: textUpTo(by.join(' '), 64) }
}

function readGroup(rest: string, { user }: Reading, line: number): void {
  const [name, admin = '0'] = wordsBetween(rest, 1, 2)
  const isAdmin = whole(admin, 0, 1) === 1
  addGroup(user, { name: groupNameOf(name!), isAdmin, isPrivate: false, line })
}

function addGroup(user: GlftpdUser, group: GlftpdGroupOfUser): void {
  const id = group.name.toLowerCase()
  if (user.groups.some(({ name }) => name.toLowerCase() === id)) {
    throw new Refusal('duplicate-group', `The user is in ${group.name} already.`)
  }
  assertFewer(user.groups, 'groups')
  user.groups.push(group)
}

function readMask(rest: string, { user }: Reading): void {
  if (user.masks.includes(rest)) {
    throw new Refusal('duplicate-mask', 'The user has this mask already.')
  }
  if (!isMask(rest)) {
    const words = `${quoted(rest)} is no mask such as *@192.0.2.*; host names are not looked up.`
    throw new Refusal('mask-unfit', words)
  }
  assertFewer(user.masks, 'masks')
  user.masks.push(rest)
}

function assertFewer(has: readonly unknown[], what: 'groups' | 'masks'): void {
  const limit = ACCOUNT_LIMITS[what]
  if (has.length < limit) return
  throw new Refusal('too-many', `A member has at most ${limit} ${what}.`)
}

function readStatistics(rest: string): void {
  for (const word of wordsBetween(rest, 1, 300)) {
    whole(word, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  }
}
