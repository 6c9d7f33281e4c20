import { accountId, groupName, memberName } from '#actors/account/account.commands.ts'
import type { MemberRole } from '#events/account.facts.ts'

/** What the rules look at to tell members apart. */
export interface Subject {
  /** The account's id: the name in lower case. */
  readonly id: string
  readonly groups: readonly string[]
  /** glFTPd's flag letters. */
  readonly flags: string
  readonly role: MemberRole
}

/** One item of a line: whether it fits a member, and whether it then grants or denies. */
export interface WhoItem {
  readonly text: string
  readonly isDeny: boolean
  readonly fits: (subject: Subject) => boolean
}

/** Each role may do what the ones before it may. */
const ROLES: readonly MemberRole[] = ['user', 'moderator', 'administrator']

export function isAtLeast(role: MemberRole, least: MemberRole): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
}

/** Group names are the same whatever their case, as the ids of their actors are. */
export function isSameGroup(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

/** Reads one item, with `!` before it for a denial; undefined when it is malformed. */
export function parseWho(text: string): WhoItem | undefined {
  const isDeny = text.startsWith('!')
  const bare = isDeny ? text.slice(1) : text
  const fits = KINDS[bare[0] ?? '']?.(bare.slice(1)) ?? fitsFlags(bare)
  return fits && { text, isDeny, fits }
}

type Fits = WhoItem['fits']

const KINDS: Readonly<Record<string, (rest: string) => Fits | undefined>> = {
  /** `*`: everybody. */
  '*': (rest) => (rest === '' ? () => true : undefined),
  /** `=GROUP`: who is in the group. */
  '=': (group) =>
    groupName.safeParse(group).success
      ? ({ groups }) => groups.some((each) => isSameGroup(each, group))
      : undefined,
  /** `-user`: exactly this member. glFTPd's minus is no denial: that is `!-user`. */
  '-': (name) =>
    memberName.safeParse(name).success ? ({ id }) => id === accountId(name) : undefined,
  /** `@role`: who has at least this role. glFTPd has no such thing. */
  '@': (role) => {
    const least = ROLES.find((each) => each === role)
    return least && ((subject) => isAtLeast(subject.role, least))
  },
}

const FLAGS = /^[0-9A-Za-z]{1,62}$/

/** `17A`: who has any of these flags. Letters that differ in case are different flags. */
function fitsFlags(letters: string): Fits | undefined {
  if (!FLAGS.test(letters)) return undefined
  return ({ flags }) => Array.from(letters).some((letter) => flags.includes(letter))
}
