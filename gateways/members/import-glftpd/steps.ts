import { createHash } from 'node:crypto'

import {
  type AccountCommand,
  accountId,
  NO_LIMITS,
  NO_PROFILE,
} from '#actors/account/account.commands.ts'
import { type GroupCommand, groupId, NEW_GROUP_LIMITS } from '#actors/group/group.commands.ts'
import type { Command } from '#actors/kernel/host.ts'
import {
  DEFAULT_RATIO,
  DEFAULT_SECTION,
  type LedgerCommand,
} from '#actors/ledger/ledger.commands.ts'
import type { ActorRef } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'
import { memberSubject, type Seals } from '#events/seals.ts'

import type { NamedGroup, NamedUser } from '#gateways/members/import-glftpd/read-tree.ts'

/**
 * One command of an import. Its id derives from what is imported: the same files give the same
 * ids, which the log then has already. None is without effect on an account that was just made,
 * so whether it was done is known by its id alone.
 */
export interface ImportStep {
  readonly id: string
  readonly ref: ActorRef
  command(): Promise<Command>
}

const FLAG_DELETED = '6'
const DELETE: AccountCommand = { type: 'account.delete', reason: 'deleted in glFTPd' }

/** Text that two users have in common only when the same is said of both. */
export function contentOf(record: NamedGroup | NamedUser): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex')
}

export function stepsOfGroup(group: NamedGroup): ImportStep[] {
  const { name, description, isPrivate } = group
  const limits = changed(group.limits, NEW_GROUP_LIMITS)
  const commands: GroupCommand[] = [
    { type: 'group.create', name },
    ...(description === '' ? [] : [{ type: 'group.describe', description } as const]),
    ...(limits ? [{ type: 'group.set-limits', limits } as const] : []),
    ...(isPrivate ? [{ type: 'group.set-privacy', isPrivate } as const] : []),
  ]
  return asSteps({ kind: 'group', id: groupId(name) }, contentOf(group), commands)
}

/**
 * Key: the keyed tag of what is imported, for the ids. The password's secret is put last of all,
 * by whoever takes these steps: nobody comes in before the masks are there too.
 */
export function stepsOfUser(user: NamedUser, key: string, seals: Seals): ImportStep[] {
  const id = accountId(user.name)
  const account: ActorRef = { kind: 'account', id }
  const masks = user.masks.map((mask, index) => ({
    id: derivedId('import-glftpd', key, `mask-${index}`),
    ref: account,
    async command(): Promise<AccountCommand> {
      const subject = memberSubject(id)
      const sealed = await seals.seal(subject, 'mask', mask)
      return { type: 'account.add-mask', mask: await seals.tag(subject, mask), sealed }
    },
  }))
  return [
    ...asSteps(account, key, recordCommands(user, credentialOf(key))),
    ...masks,
    ...asSteps({ kind: 'ledger', id }, key, ledgerCommands(user)),
    ...(user.flags.includes(FLAG_DELETED) ? asSteps(account, key, [DELETE]) : []),
  ]
}

/** The id of the password's secret. */
export function credentialOf(key: string): string {
  return derivedId('import-glftpd', key, 'credential')
}

function recordCommands(user: NamedUser, credential: string): AccountCommand[] {
  const { name, tagline, startDirectory, expiresAtMs } = user
  const [primary, ...others] = user.groups
  const flags = user.flags.replaceAll(FLAG_DELETED, '')
  const limits = changed(user.limits, NO_LIMITS)
  const profile = changed({ tagline, startDirectory, comment: commentOf(user) }, NO_PROFILE)
  return [
    { type: 'account.create', name, group: primary!.name, flags, credential },
    ...(primary!.isAdmin
      ? [{ type: 'account.set-group-admin', group: primary!.name, isAdmin: true } as const]
      : []),
    ...others.map(
      ({ name: group, isAdmin }) => ({ type: 'account.join-group', group, isAdmin }) as const,
    ),
    ...(limits ? [{ type: 'account.set-limits', limits } as const] : []),
    ...(profile ? [{ type: 'account.set-profile', profile } as const] : []),
    ...(expiresAtMs === null ? [] : [{ type: 'account.set-expiry', at: expiresAtMs } as const]),
  ]
}

/** Facts say who adds an account here and now; who did in glFTPd is a remark. */
function commentOf({ comment, added }: NamedUser): string {
  if (!added) return comment
  const when = added.atMs === 0 ? '' : ` on ${new Date(added.atMs).toISOString().slice(0, 10)}`
  const by = added.by === '' ? '' : ` by ${added.by}`
  if (when === '' && by === '') return comment
  return `${comment}${comment === '' ? '' : '; '}glFTPd: added${by}${when}`
}

function ledgerCommands({ credits, ratios, allotment }: NamedUser): LedgerCommand[] {
  const cause = { kind: 'import', note: 'glFTPd' } as const
  return [
    ...ratios
      .filter(({ section, value }) => section !== DEFAULT_SECTION || value !== DEFAULT_RATIO)
      .map(({ section, value }) => ({ type: 'ledger.set-ratio', section, ratio: value }) as const),
    ...credits.map(({ section, value }): LedgerCommand =>
      value > 0
        ? { type: 'ledger.credit', section, bytes: value, cause }
        : { type: 'ledger.debit', section, bytes: -value, cause, mayOwe: true },
    ),
    ...(allotment
      ? [
          {
            type: 'ledger.set-allotment',
            section: allotment.section,
            bytes: allotment.value,
          } as const,
        ]
      : []),
  ]
}

function asSteps(ref: ActorRef, key: string, commands: readonly Command[]): ImportStep[] {
  return commands.map((command, index) => ({
    id: derivedId('import-glftpd', key, ref.kind, command.type, String(index)),
    ref,
    command: async () => command,
  }))
}

/** What differs from how it is at first; undefined: nothing. */
function changed<T extends object>(now: T, before: T): Partial<T> | undefined {
  const entries = Object.entries(now).filter(([name, value]) => value !== before[name as keyof T])
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<T>)
}
