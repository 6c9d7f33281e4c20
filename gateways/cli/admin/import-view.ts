import { table } from '#gateways/cli/admin/columns.ts'
import type {
  ImportPlan,
  ImportStanding,
  PlannedUser,
} from '#gateways/members/import-glftpd/import-site.ts'
import type { ImportProblem, ImportProblems } from '#gateways/members/import-glftpd/source-lines.ts'

/** `file:line: code: words`, as compilers have it; the names of files come from outside too. */
export function problemLine({ file, line, code, words }: ImportProblem): string {
  const shown = file.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?')
  return `${shown}:${line === null ? '' : `${line}:`} ${code}: ${words}`
}

export function problemLines({ shown, count }: ImportProblems): string[] {
  const more = count - shown.length
  return [
    ...shown.map(problemLine),
    ...(more > 0 ? [`and ${more} more`] : []),
    `${count} problems: nothing is imported`,
  ]
}

const STANDING_WORDS: Readonly<Record<ImportStanding, string>> = {
  new: 'new',
  begun: 'go on',
  there: 'there already',
  kept: 'kept as it is',
}

/** What an import would do, or has done. */
export function planLines({ groups, users }: ImportPlan): string[] {
  return [
    ...table(groups, [
      { title: 'group', of: ({ group }) => group.name },
      { title: 'import', of: ({ standing }) => STANDING_WORDS[standing] },
      { title: 'slots', of: ({ group }) => group.limits.slots ?? 'no limit' },
      { title: 'private', of: ({ group }) => (group.isPrivate ? 'yes' : 'no') },
      { title: 'description', of: ({ group }) => group.description },
    ]),
    '',
    ...table(users, [
      { title: 'member', of: ({ user }) => user.name },
      { title: 'import', of: ({ standing }) => STANDING_WORDS[standing] },
      { title: 'flags', of: ({ user }) => user.flags },
      { title: 'groups', of: ({ user }) => groupsText(user) },
      { title: 'masks', of: ({ user }) => user.masks.length },
      { title: 'credits, bytes', of: ({ user }) => sum(user.credits) },
      { title: 'allotment, bytes a week', of: ({ user }) => user.allotment?.value ?? null },
      { title: 'password', of: ({ hasPassword }) => (hasPassword ? 'as before' : 'to be set') },
    ]),
    '',
    `${groups.length} groups, ${users.length} members; statistics are not taken over`,
  ]
}

function groupsText({ groups }: PlannedUser['user']): string {
  return groups.map(({ name, isAdmin }) => (isAdmin ? `${name} (admin)` : name)).join(',')
}

function sum(amounts: readonly { readonly value: number }[]): number {
  return amounts.reduce((total, { value }) => total + value, 0)
}

/** The same for a program. */
export function planJson({ groups, users }: ImportPlan, isDone: boolean): string {
  return JSON.stringify({
    imported: isDone,
    groups: groups.map(({ group, standing }) => ({ name: group.name, standing })),
    members: users.map(({ user, standing, hasPassword }) => ({
      name: user.name,
      standing,
      has_password: hasPassword,
    })),
  })
}

export function problemsJson({ shown, count }: ImportProblems): string {
  return JSON.stringify({ imported: false, problem_count: count, problems: shown })
}
