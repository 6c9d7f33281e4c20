import { type AccountContext, accountId } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { Ids } from '#events/clock.ts'
import type { Passwords, Vault } from '#events/vault.ts'

import { credentialKey, scramKey } from '#gateways/kernel/login.ts'
import { tokenKey } from '#gateways/members/api-tokens.ts'
import { scramKeysOf } from '#gateways/members/login.ts'
import { recoveryKey, totpKey } from '#gateways/members/second-factor.ts'

export interface SecretsDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly passwords: Passwords
  readonly ids: Ids
}

/**
 * Puts the secrets of a password in the vault and has `record` tell of them: a crash in between
 * leaves secrets that nothing refers to, never an account that nobody can use. Whatever comes
 * of it, secrets that the account does not refer to then are forgotten.
 */
export async function withCredential(
  deps: SecretsDeps,
  name: string,
  password: string,
  record: (credential: string) => Promise<unknown>,
): Promise<void> {
  const { vault, passwords, ids } = deps
  const before = await credentialOf(deps, name)
  const credential = ids.next()
  const scram = await scramKeysOf(passwords, password)
  await vault.putAll([
    { key: credentialKey(credential), secret: await passwords.hash(password) },
    ...(scram === undefined ? [] : [{ key: scramKey(credential), secret: scram }]),
  ])
  try {
    await record(credential)
  } finally {
    const current = await credentialOf(deps, name)
    for (const each of [before, credential]) {
      if (each !== '' && each !== current) await forgetCredential(deps, each)
    }
  }
}

async function credentialOf({ host }: SecretsDeps, name: string): Promise<string> {
  const state = await host.state<AccountContext>({ kind: 'account', id: accountId(name) })
  return state.context.credential
}

async function forgetCredential(
  { vault }: Pick<SecretsDeps, 'vault'>,
  credential: string,
): Promise<void> {
  await vault.forget(credentialKey(credential))
  await vault.forget(scramKey(credential))
}

/** Everything that the vault holds of an account, but the key of its personal data. */
export async function forgetSecrets(
  vault: Vault,
  account: Readonly<AccountContext>,
): Promise<void> {
  const { credential, tokens, mfa } = account
  if (credential !== '') await forgetCredential({ vault }, credential)
  for (const token of Object.keys(tokens)) await vault.forget(tokenKey(token))
  for (const secret of [mfa.secret, mfa.begun]) {
    if (secret !== null) await vault.forget(totpKey(secret))
  }
  if (mfa.codes !== null) await vault.forget(recoveryKey(mfa.codes))
}
