import { type AccountContext, accountId, memberName } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { Passwords, Vault } from '#events/vault.ts'

import { createGate } from '#gateways/kernel/gate.ts'

/** A member who has proved who they are. */
export interface Member {
  /** The account's id: the name in lower case. */
  readonly id: string
  readonly name: string
  readonly group: string
  readonly flags: string
}

/** Checks names and passwords, the same for every gateway. */
export interface Login {
  /**
   * The member, or a `Refusal` with the code `login-incorrect`, whose words and time are the
   * same for an unknown name and a wrong password; or `busy` when too many log in at once.
   */
  verify(name: string, password: string): Promise<Member>
}

export const LOGIN_REFUSALS = { loginIncorrect: 'login-incorrect' } as const

export interface LoginDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly passwords: Passwords
}

/**
 * Hashing runs on the threads that files are read and written with, four of them: strangers who
 * guess passwords must leave some for those who transfer.
 */
const HASHES = { running: 2, waiting: 500 }

/** Longer passwords are refused unhashed: hashing is what costs. */
const PASSWORD_CHARACTERS = 256

export function createLogin({ host, vault, passwords }: LoginDeps): Login {
  // Verified for unknown names, so that they take as long as a wrong password.
  let decoy: Promise<string> | undefined
  const pass = createGate(HASHES)
  return {
    async verify(name, password) {
      const account = await findAccount(host, name)
      const hash = account && (await vault.get(credentialKey(account.context.credential)))
      const expected = hash ?? (await (decoy ??= passwords.hash('no member has this password')))
      const matches =
        password.length <= PASSWORD_CHARACTERS &&
        (await pass(() => passwords.verify(expected, password)))
      if (!account || !hash || !matches) {
        throw new Refusal(LOGIN_REFUSALS.loginIncorrect, 'Login incorrect.')
      }
      const { group, flags } = account.context
      return { id: accountId(account.context.name), name: account.context.name, group, flags }
    },
  }
}

async function findAccount(host: ActorHost, name: string) {
  if (!memberName.safeParse(name).success) return undefined
  const state = await host.state<AccountContext>({ kind: 'account', id: accountId(name) })
  return state.version === NO_VERSION ? undefined : state
}

/** Where the vault keeps an account's password hash. */
export function credentialKey(credential: string): string {
  return `credential:${credential}`
}
