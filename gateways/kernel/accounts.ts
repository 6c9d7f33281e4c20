import type { AccountCommand } from '#actors/account/account.commands.ts'
import { ACCOUNT_REFUSALS } from '#actors/account/account.commands.ts'
import { PASSWORD_CHARACTERS, PASSWORD_REFUSALS } from '#events/password-rules.ts'
import { Refusal } from '#events/refusal.ts'

import type { SecretsDeps } from '#gateways/members/administration/account-secrets.ts'
import { isTaken, makeAccount } from '#gateways/members/administration/make-account.ts'

export type NewAccount = Pick<
  Extract<AccountCommand, { type: 'account.create' }>,
  'name' | 'group'
> & {
  readonly password: string
  readonly flags: string
}

/**
 * Accounts that the server itself makes, as the first administrator of a site: by whom there is
 * nobody yet to be asked. Everything else is an operation (gateways/members/administration).
 */
export function createAccounts(deps: SecretsDeps) {
  return {
    /** Whether an account has this name. */
    exists: (name: string): Promise<boolean> => isTaken(deps, name),

    /** Of the password nothing is asked but its length. Rejects with a `Refusal`. */
    async add(account: NewAccount): Promise<void> {
      const { name, password } = account
      if (password.length < PASSWORD_CHARACTERS.min) {
        const words = `A password has at least ${PASSWORD_CHARACTERS.min} characters.`
        throw new Refusal(PASSWORD_REFUSALS.passwordTooShort, words)
      }
      if (await isTaken(deps, name)) {
        throw new Refusal(ACCOUNT_REFUSALS.accountExists, `${name} is a member already.`)
      }
      await makeAccount(deps, account, { by: null, connection: null, commandId: deps.ids.next() })
    },
  }
}

export type Accounts = ReturnType<typeof createAccounts>
