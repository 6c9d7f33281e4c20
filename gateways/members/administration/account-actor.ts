import {
  ACCOUNT_REFUSALS,
  type AccountCommand,
  type AccountContext,
  type AccountStanding,
  accountId,
} from '#actors/account/account.commands.ts'
import type { ActorState, CommandContext, Receipt } from '#actors/kernel/host.ts'
import { Refusal } from '#events/refusal.ts'
import type { ReadModels } from '#projections/read-models.ts'

import {
  type AdministrationDeps,
  type Caller,
  OPERATION_REFUSALS,
  refuse,
  targetOf,
} from '#gateways/members/administration/operation.ts'

export interface KnownAccount {
  readonly id: string
  readonly standing: Exclude<AccountStanding, 'absent'>
  readonly account: Readonly<AccountContext>
  readonly state: ActorState<AccountContext>
}

/** An account that is or was there. Rejects with `no-such-account`. */
export async function accountOf(
  { host }: Pick<AdministrationDeps, 'host'>,
  name: string,
): Promise<KnownAccount> {
  const id = accountId(name)
  const state = await host.state<AccountContext>({ kind: 'account', id })
  const standing = state.value as AccountStanding
  if (standing === 'absent') {
    throw new Refusal(ACCOUNT_REFUSALS.noSuchAccount, 'There is no such member.')
  }
  return { id, standing, account: state.context, state }
}

/** An account that somebody can use. Rejects as `accountOf`, and with `account-deleted`. */
export async function activeAccount(
  deps: Pick<AdministrationDeps, 'host'>,
  name: string,
): Promise<KnownAccount> {
  const known = await accountOf(deps, name)
  if (known.standing === 'active') return known
  throw new Refusal(ACCOUNT_REFUSALS.accountDeleted, 'That account is deleted.')
}

export async function sendAccount(
  { host }: Pick<AdministrationDeps, 'host'>,
  name: string,
  command: AccountCommand,
  context: CommandContext,
): Promise<Receipt> {
  return await host.send({ kind: 'account', id: accountId(name) }, command, context)
}

/** The group as whose admin the caller acts on an account; undefined: with the full right. */
export async function actingGroup(
  { host, policy }: AdministrationDeps,
  { member }: Caller,
  account: string,
): Promise<string | undefined> {
  if (!member) return undefined
  const target = await targetOf(host, accountId(account))
  const answer = await policy.assert(member, { action: 'administer-accounts', target })
  return answer.reason === 'group-admin' ? answer.group : undefined
}

/** Rejects with `forbidden` where the caller is no more than an admin of the account's group. */
export async function assertNotAsGroupAdmin(
  deps: AdministrationDeps,
  caller: Caller,
  account: string,
): Promise<void> {
  if ((await actingGroup(deps, caller, account)) === undefined) return
  throw refuse('That is not for the admins of a group.', 'group-admin')
}

/** Rejects with `no-read-models` at a command line without a server. */
export function readModelsOf({ readModels }: Pick<AdministrationDeps, 'readModels'>): ReadModels {
  if (readModels) return readModels
  throw new Refusal(OPERATION_REFUSALS.noReadModels, 'That needs a server that runs.')
}
