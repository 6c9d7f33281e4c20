import { type AccountContext, accountId } from '#actors/account/account.commands.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { SITE_RIGHTS, type SiteRight } from '#actors/policy/actions.ts'

import {
  type AdministrationDeps,
  type Caller,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { PLAIN_PROOF } from '#gateways/members/policy.ts'

type Deps = Pick<AdministrationDeps, 'host' | 'policy'>
type State = ActorState<AccountContext>
/** What of an account the rights look at, as it is to be. */
export type RightsChange = Partial<Pick<AccountContext, 'name' | 'flags' | 'role' | 'groups'>>

/**
 * Nobody gives a right over the site that they do not have themselves: by flags, by a role, or by
 * a group that a line of the rights names. The operator has all of them. Rejects with `forbidden`.
 */
export async function assertGivesNoMore(
  deps: Deps,
  caller: Caller,
  account: string,
  change: RightsChange,
): Promise<void> {
  if (!caller.member) return
  const state = await stateOf(deps, account)
  const before = await rightsOf(deps, state)
  const after = await rightsOf(deps, changed(state, change))
  await assertHasAll(deps, caller.member.id, [...after.difference(before)])
}

/** Whoever sets the password of another can be that one: who may do more is for others to set. */
export async function assertMayDoNoMore(
  deps: Deps,
  caller: Caller,
  account: string,
): Promise<void> {
  if (!caller.member) return
  const rights = await rightsOf(deps, await stateOf(deps, account))
  await assertHasAll(deps, caller.member.id, [...rights])
}

async function assertHasAll(deps: Deps, id: string, rights: SiteRight[]): Promise<void> {
  if (rights.length === 0) return
  const own = await rightsOf(deps, await stateOf(deps, id))
  const missing = rights.find((right) => !own.has(right))
  if (missing === undefined) return
  throw refuse(`That is for those who may ${missing} themselves.`, 'target-outranks')
}

function stateOf({ host }: Deps, account: string): Promise<State> {
  return host.state<AccountContext>({ kind: 'account', id: accountId(account) })
}

/** glFTPd's flags that are states: deleted, anonymous. */
const STATES = /[68]/g

/** As it would be if nothing stood in its way: what does so today can be taken away. */
function changed(state: State, change: RightsChange): State {
  const account = { ...state.context, ...change }
  const flags = account.flags.replaceAll(STATES, '')
  const context = { ...account, flags, ban: null, isActive: true, expiresAtMs: null }
  return { ...state, value: 'active', context }
}

async function rightsOf({ policy }: Deps, state: State): Promise<Set<SiteRight>> {
  const plain = changed(state, {})
  const rights = Object.keys(SITE_RIGHTS) as SiteRight[]
  const answers = await Promise.all(
    rights.map((action) => policy.judge(plain, PLAIN_PROOF, { action })),
  )
  return new Set(rights.filter((_, at) => answers[at]!.isAllowed))
}
