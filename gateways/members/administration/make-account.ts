import { accountId } from '#actors/account/account.commands.ts'
import type { CommandContext } from '#actors/kernel/host.ts'
import type { MemberRole } from '#events/account.facts.ts'
import { NO_VERSION } from '#events/fact.ts'

import { sendAccount } from '#gateways/members/administration/account-actor.ts'
import {
  type SecretsDeps,
  withCredential,
} from '#gateways/members/administration/account-secrets.ts'

export interface AccountToMake {
  readonly name: string
  readonly password: string
  readonly group: string
  readonly flags: string
  readonly role?: MemberRole | undefined
}

/** Whether an account has, or had, this name. */
export async function isTaken({ host }: Pick<SecretsDeps, 'host'>, name: string): Promise<boolean> {
  const state = await host.state({ kind: 'account', id: accountId(name) })
  return state.version !== NO_VERSION
}

/** Makes an account; whether the password is a good one is asked before. Rejects with a `Refusal`. */
export async function makeAccount(
  deps: SecretsDeps,
  { name, password, group, flags, role }: AccountToMake,
  context: CommandContext,
): Promise<void> {
  await withCredential(deps, name, password, (credential) =>
    sendAccount(
      deps,
      name,
      { type: 'account.create', name, group, flags, credential, ...(role && { role }) },
      context,
    ),
  )
}
