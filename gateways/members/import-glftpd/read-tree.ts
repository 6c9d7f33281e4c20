import { accountId } from '#actors/account/account.commands.ts'
import { groupId, NEW_GROUP_LIMITS } from '#actors/group/group.commands.ts'
import { Refusal } from '#events/refusal.ts'

import { groupNameOf, quoted, userNameOf } from '#gateways/members/import-glftpd/fields.ts'
import { type GlftpdGroup, readGroupFile } from '#gateways/members/import-glftpd/group-file.ts'
import {
  type GroupEntry,
  type PasswdEntry,
  readGroupList,
  readPasswd,
} from '#gateways/members/import-glftpd/lists.ts'
import {
  type ImportProblem,
  ImportProblems,
  type SourceFile,
} from '#gateways/members/import-glftpd/source-lines.ts'
import { type GlftpdUser, readUserFile } from '#gateways/members/import-glftpd/user-file.ts'

/** The files of a glFTPd, with what could not be read of them. */
export interface GlftpdFiles {
  readonly users: readonly SourceFile[]
  readonly groups: readonly SourceFile[]
  readonly passwd: SourceFile | undefined
  readonly groupList: SourceFile | undefined
  readonly problems: readonly ImportProblem[]
}

export interface NamedGroup extends GlftpdGroup {
  readonly name: string
  readonly isPrivate: boolean
}

export interface NamedUser extends GlftpdUser {
  readonly name: string
  /** The path of its file. */
  readonly file: string
  /** As it stands in `passwd`. */
  readonly passwordHash: string
}

/** What is to be imported, all of it checked. */
export interface GlftpdSite {
  readonly groups: readonly NamedGroup[]
  readonly users: readonly NamedUser[]
}

/** The group of those who are in none. */
const NO_GROUP = 'NoGroup'

/**
 * Reads and checks everything of a glFTPd. `sections` names its credit sections from the second
 * on; the first one is the default. When anything is a problem the site is not to be used.
 */
export function readGlftpdSite(
  files: GlftpdFiles,
  sections: readonly string[],
): { readonly site: GlftpdSite; readonly problems: ImportProblems } {
  const problems = new ImportProblems()
  for (const problem of files.problems) problems.add(problem)
  const passwd = files.passwd ? readPasswd(files.passwd, problems) : new Map()
  const listed = files.groupList ? readGroupList(files.groupList, problems) : new Map()
  const groups = groupsOf(files, listed, problems)
  const users = usersOf(files, passwd, sections, problems)
  for (const user of users.values()) settleGroups(user, groups, problems)
  return { site: { groups: [...groups.values()], users: [...users.values()] }, problems }
}

function groupsOf(
  { groups: files, groupList }: GlftpdFiles,
  listed: ReadonlyMap<string, GroupEntry>,
  problems: ImportProblems,
): Map<string, NamedGroup> {
  const groups = new Map<string, NamedGroup>()
  for (const source of files) {
    const read = readGroupFile(source, problems)
    const name = uniqueName(source, groupNameOf, groups, 'group', problems)
    const entry = listed.get(groupId(name ?? ''))
    const description = read.description || (entry?.description ?? '')
    if (name !== undefined) {
      groups.set(groupId(name), {
        ...read,
        name: entry?.name ?? name,
        description,
        isPrivate: false,
      })
    }
  }
  for (const { name, line } of listed.values()) {
    if (groups.has(groupId(name)) || groupId(name) === groupId(NO_GROUP)) continue
    problems.attempt(groupList!, line, () => {
      throw new Refusal('file-missing', `${quoted(name)} has no file in ftp-data/groups.`)
    })
  }
  return groups
}

function usersOf(
  { users: files, passwd: list }: GlftpdFiles,
  passwd: ReadonlyMap<string, PasswdEntry>,
  sections: readonly string[],
  problems: ImportProblems,
): Map<string, NamedUser> {
  const users = new Map<string, NamedUser>()
  for (const source of files) {
    const read = readUserFile(source, sections, problems)
    const name = uniqueName(source, userNameOf, users, 'user', problems)
    if (name === undefined) continue
    const entry = passwd.get(accountId(name))
    const passwordHash = entry?.hash ?? ''
    users.set(accountId(name), { ...read, name, file: source.file, passwordHash })
    if (entry || !list) continue
    const words = `${quoted(name)} has no line in etc/passwd.`
    problems.add({ file: source.file, line: null, code: 'not-in-passwd', words })
  }
  for (const { name, line } of passwd.values()) {
    if (users.has(accountId(name))) continue
    problems.attempt(list!, line, () => {
      throw new Refusal('file-missing', `${quoted(name)} has no file in ftp-data/users.`)
    })
  }
  return users
}

/** The name of a file, when it is fit and none that differs in case alone was there before. */
function uniqueName(
  source: SourceFile,
  nameOf: (word: string) => string,
  before: ReadonlyMap<string, { readonly name: string }>,
  what: 'user' | 'group',
  problems: ImportProblems,
): string | undefined {
  return problems.attempt(source, null, () => {
    const name = nameOf(source.name)
    const other = before.get(name.toLowerCase())
    if (!other) return name
    throw new Refusal(`duplicate-${what}`, `${quoted(other.name)} differs in case alone.`)
  })
}

/** The groups of a user as they spell themselves; private groups are made by naming them. */
function settleGroups(
  user: NamedUser,
  groups: Map<string, NamedGroup>,
  problems: ImportProblems,
): void {
  const make = (name: string, isPrivate: boolean) => {
    groups.set(groupId(name), { name, description: '', limits: NEW_GROUP_LIMITS, isPrivate })
  }
  if (user.groups.length === 0) {
    user.groups.push({ name: NO_GROUP, isAdmin: false, isPrivate: false, line: 0 })
  }
  // The first one is the primary group: one that everybody sees, if there is any.
  const ordered = user.groups.toSorted((a, b) => Number(a.isPrivate) - Number(b.isPrivate))
  user.groups = ordered.map((group) => {
    const { name, isPrivate, line } = group
    const isOwn = isPrivate || groupId(name) === groupId(NO_GROUP)
    if (!groups.has(groupId(name)) && isOwn) make(name, isPrivate)
    const known = groups.get(groupId(name))
    if (known) return { ...group, name: known.name }
    const words = `There is no group ${quoted(name)}.`
    problems.add({ file: user.file, line, code: 'group-missing', words })
    return group
  })
}
