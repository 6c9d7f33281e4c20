import type { AccountContext } from '#actors/account/account.commands.ts'
import { PASSWORD_CHARACTERS } from '#events/password-rules.ts'

import { credentialKey } from '#gateways/kernel/login.ts'
import type { KnownAccount } from '#gateways/members/administration/account-actor.ts'
import type { AdministrationDeps, Caller } from '#gateways/members/administration/operation.ts'

/**
 * Who is logged in may have left the screen: what opens the account to others asks for the
 * password again, and what takes the second factor away for a code of it too. Wrong ones count
 * as failed logins. The operator is asked for nothing. Rejects with `login-incorrect`, `locked-out`.
 */
export async function assertFresh(
  deps: AdministrationDeps,
  { id, account }: KnownAccount,
  { password, code }: { readonly password: string; readonly code?: string },
  caller: Caller,
): Promise<void> {
  const { member, origin } = caller
  if (!member) return
  if (!origin) throw new TypeError('a member who asks is somewhere')
  await deps.attempts.guard(id, true, origin, async () => {
    if (!(await isPassword(deps, account, password))) return undefined
    if (code === undefined) return true
    const isRight = await deps.secondFactor.check(account, code, caller.context('code'))
    return isRight || undefined
  })
}

async function isPassword(
  { vault, passwords }: AdministrationDeps,
  { credential }: Readonly<AccountContext>,
  password: string,
): Promise<boolean> {
  if (password.length > PASSWORD_CHARACTERS.max) return false
  const hash = await vault.get(credentialKey(credential))
  return hash !== undefined && (await passwords.verify(hash, password))
}
