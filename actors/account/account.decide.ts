import {
  ACCOUNT_REFUSALS,
  type AccountCommand,
  type AccountContext,
  type AccountStanding,
} from '#actors/account/account.commands.ts'
import type { AccountCommandOf, AccountDecisions } from '#actors/account/account.decisions.ts'
import { groupDecisions } from '#actors/account/account.groups.ts'
import { proofDecisions } from '#actors/account/account.proofs.ts'
import { recordDecisions, sortedFlags } from '#actors/account/account.record.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { AccountDecided } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

type Type = AccountCommand['type']
type Lifecycle = `account.${'create' | 'delete' | 'readd' | 'purge' | 'forget'}`
type Decide = AccountDecisions<Type>[Type]

const activeDecisions: AccountDecisions<Exclude<Type, Lifecycle>> = {
  ...recordDecisions,
  ...groupDecisions,
  ...proofDecisions,
}

/** What can be asked of a deleted account beside its life: to be able to do less. */
const DELETED_TOO = new Set<Type>(['account.revoke-token', 'account.unlink-identity'])

/** How an account begins and ends. */
const lifeDecisions: {
  [T in Lifecycle]: (
    standing: AccountStanding,
    command: AccountCommandOf<T>,
    account: Readonly<AccountContext>,
  ) => AccountDecided[]
} = {
  'account.create': create,
  'account.delete': (standing, { reason }) => {
    assertThere(standing)
    return standing === 'deleted' ? [] : [deleted(reason)]
  },
  'account.readd': (standing) => {
    assertDeleted(standing)
    return [{ type: 'account.readded', data: {} }]
  },
  'account.purge': (standing) => {
    assertDeleted(standing)
    return [{ type: 'account.purged', data: {} }]
  },
  'account.forget': (standing, _, account) => forget(standing, account),
}

export function decideAccount(
  { value, context }: ActorState<AccountContext>,
  command: AccountCommand,
): AccountDecided[] {
  const standing = value as AccountStanding
  if (isOfLife(command)) {
    const decideLife = lifeDecisions[command.type] as (typeof lifeDecisions)['account.forget']
    return decideLife(standing, command as never, context)
  }
  assertThere(standing)
  if (standing === 'deleted' && !DELETED_TOO.has(command.type)) {
    throw new Refusal(ACCOUNT_REFUSALS.accountDeleted, 'That account is deleted.')
  }
  return (activeDecisions[command.type] as Decide)(context, command as never)
}

function isOfLife(command: AccountCommand): command is AccountCommandOf<Lifecycle> {
  return Object.hasOwn(lifeDecisions, command.type)
}

function create(
  standing: AccountStanding,
  { name, group, flags, role, credential }: AccountCommandOf<'account.create'>,
): AccountDecided[] {
  if (standing !== 'absent') {
    const words = `There is or was a member ${name}: the name is taken.`
    throw new Refusal(ACCOUNT_REFUSALS.accountExists, words)
  }
  const facts: AccountDecided[] = [
    { type: 'account.created', data: { name, group, flags: sortedFlags(flags) } },
    { type: 'account.password-set', data: { credential } },
  ]
  if (role !== undefined && role !== 'user')
    facts.push({ type: 'account.role-set', data: { role } })
  return facts
}

function forget(
  standing: AccountStanding,
  { isForgotten }: Readonly<AccountContext>,
): AccountDecided[] {
  if (standing === 'absent') throw noSuchAccount()
  if (isForgotten) return []
  const facts: AccountDecided[] = []
  if (standing === 'active') facts.push(deleted('forgotten'))
  if (standing !== 'purged') facts.push({ type: 'account.purged', data: {} })
  return [...facts, { type: 'account.forgotten', data: {} }]
}

function deleted(reason: string): AccountDecided {
  return { type: 'account.deleted', data: { reason } }
}

/** Neither absent nor purged. */
function assertThere(standing: AccountStanding): void {
  if (standing === 'absent') throw noSuchAccount()
  if (standing === 'purged') {
    throw new Refusal(ACCOUNT_REFUSALS.accountPurged, 'That account has ended for good.')
  }
}

function assertDeleted(standing: AccountStanding): void {
  assertThere(standing)
  if (standing === 'deleted') return
  throw new Refusal(ACCOUNT_REFUSALS.accountNotDeleted, 'That account is not deleted.')
}

function noSuchAccount(): Refusal {
  return new Refusal(ACCOUNT_REFUSALS.noSuchAccount, 'There is no such member.')
}
