import { Refusal } from '#events/refusal.ts'

import {
  groupNameOf,
  quoted,
  textUpTo,
  userNameOf,
} from '#gateways/members/import-glftpd/fields.ts'
import {
  type ImportProblems,
  type SourceFile,
  sourceLines,
} from '#gateways/members/import-glftpd/source-lines.ts'

export interface PasswdEntry {
  readonly name: string
  /** As it stands there. */
  readonly hash: string
  readonly line: number
}

/**
 * `etc/passwd`: `name:hash:uid:gid:date:home:shell`, as `gltool.sh` writes it
 * (https://github.com/silv3rr/scripts/blob/491c078/gltool.sh). By the account's id.
 */
export function readPasswd(
  source: SourceFile,
  problems: ImportProblems,
): ReadonlyMap<string, PasswdEntry> {
  return readList(source, problems, 'user', ([name, hash, ...rest], line) => {
    if (hash === undefined || rest.length !== 5) {
      throw new Refusal('malformed-line', 'It is not name:hash:uid:gid:date:home:shell.')
    }
    return { name: userNameOf(name!), hash: textUpTo(hash, 256), line }
  })
}

export interface GroupEntry {
  readonly name: string
  readonly description: string
  readonly line: number
}

/** `etc/group`: `name:description:gid:` and what older versions kept behind it. By the group's id. */
export function readGroupList(
  source: SourceFile,
  problems: ImportProblems,
): ReadonlyMap<string, GroupEntry> {
  return readList(source, problems, 'group', ([name, description, ...rest], line) => {
    if (description === undefined || rest.length === 0 || rest.length > 2) {
      throw new Refusal('malformed-line', 'It is not name:description:gid:.')
    }
    return { name: groupNameOf(name!), description: textUpTo(description, 500), line }
  })
}

function readList<T extends { readonly name: string; readonly line: number }>(
  source: SourceFile,
  problems: ImportProblems,
  what: 'user' | 'group',
  read: (fields: readonly string[], line: number) => T,
): Map<string, T> {
  const entries = new Map<string, T>()
  for (const { number, text } of sourceLines(source, problems)) {
    problems.attempt(source, number, () => {
      const entry = read(text.split(':'), number)
      const before = entries.get(entry.name.toLowerCase())
      if (before) {
        const words = `${quoted(entry.name)} stands in line ${before.line} already.`
        throw new Refusal(`duplicate-${what}`, words)
      }
      entries.set(entry.name.toLowerCase(), entry)
    })
  }
  return entries
}
