import {
  ACCOUNT_REFUSALS,
  type AccountContext,
  accountId,
} from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { Ids } from '#events/clock.ts'
import { NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { Passwords, Vault } from '#events/vault.ts'

import { credentialKey } from '#gateways/kernel/login.ts'

export interface NewAccount {
  readonly name: string
  readonly password: string
  readonly group: string
  readonly flags: string
}

export interface AccountsDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly passwords: Passwords
  readonly ids: Ids
}

export const PASSWORD_REFUSALS = { passwordTooShort: 'password-too-short' } as const

export const PASSWORD_CHARACTERS_MIN = 8

/** Administration of accounts: what the command line does now, and HTTP later. */
export function createAccounts({ host, vault, passwords, ids }: AccountsDeps) {
  return {
    /** Whether an account has this name. */
    async exists(name: string): Promise<boolean> {
      const state = await host.state<AccountContext>({ kind: 'account', id: accountId(name) })
      return state.version !== NO_VERSION
    },

    /**
     * Makes an account. The hash is put in the vault before the fact that names it is
     * recorded: a crash in between leaves a secret that nothing refers to, never an account
     * that nobody can use. Rejects with a `Refusal`.
     */
    async add(account: NewAccount): Promise<void> {
      const { name, password, group, flags } = account
      if (password.length < PASSWORD_CHARACTERS_MIN) {
        const words = `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`
        throw new Refusal(PASSWORD_REFUSALS.passwordTooShort, words)
      }
      if (await this.exists(name)) {
        throw new Refusal(ACCOUNT_REFUSALS.accountExists, `${name} is a member already.`)
      }
      const credential = ids.next()
      await vault.put(credentialKey(credential), await passwords.hash(password))
      await host.send(
        { kind: 'account', id: accountId(name) },
        { type: 'account.create', name, group, flags, credential } as never,
        { by: null, connection: null, commandId: ids.next() },
      )
    },
  }
}

export type Accounts = ReturnType<typeof createAccounts>
