import type { AccountCommand, AccountContext } from '#actors/account/account.commands.ts'
import { ACCOUNT_REFUSALS, accountId } from '#actors/account/account.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import type { OneTimeCodes } from '#events/one-time-codes.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, type Seals } from '#events/seals.ts'
import type { Vault } from '#events/vault.ts'

export interface SecondFactorDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly seals: Seals
  readonly oneTimeCodes: OneTimeCodes
  readonly clock: Clock
  readonly ids: Ids
  /** Name of the site, as an authenticator shows it. */
  readonly issuer: string
}

export const SECOND_FACTOR_REFUSALS = { codeIncorrect: 'mfa-code-incorrect' } as const

/** Codes of an authenticator, and recovery codes for its loss. */
export function createSecondFactor(deps: SecondFactorDeps) {
  const { host, vault, seals, oneTimeCodes, clock, ids, issuer } = deps

  const send = (account: string, command: AccountCommand, context: CommandContext) =>
    host.send({ kind: 'account', id: account }, command, context)

  async function keepCodes(account: string) {
    const { codes, hashes } = oneTimeCodes.newRecoveryCodes()
    const id = ids.next()
    await vault.put(recoveryKey(id), JSON.stringify(hashes))
    return { id, codes, forget: () => vault.forget(recoveryKey(id)), account }
  }

  async function secretOf(account: string, id: string): Promise<string | undefined> {
    const sealed = await vault.get(totpKey(id))
    return sealed && (await seals.unseal(memberSubject(account), 'totp', sealed))
  }

  /** Takes a step of time, or a recovery code; false when somebody has used it before. */
  async function use(account: string, command: AccountCommand, context: CommandContext) {
    try {
      await send(account, command, context)
      return true
    } catch (cause) {
      if (cause instanceof Refusal && cause.code === ACCOUNT_REFUSALS.codeUsed) return false
      throw cause
    }
  }

  return {
    /** Makes a secret, which counts once it is confirmed. */
    async begin(account: string, context: CommandContext) {
      const secret = oneTimeCodes.newSecret()
      const id = ids.next()
      await vault.put(totpKey(id), await seals.seal(memberSubject(account), 'totp', secret))
      await send(account, { type: 'account.begin-mfa', secret: id }, context)
      return { secret, uri: oneTimeCodes.uri(account, issuer, secret) }
    },

    /**
     * The first code shows that the authenticator has the secret. Answers the recovery codes,
     * to be shown once. Rejects with `mfa-code-incorrect`.
     */
    async confirm(
      { context: account }: { readonly context: Readonly<AccountContext> },
      code: string,
      context: CommandContext,
    ) {
      const id = accountId(account.name)
      const { begun } = account.mfa
      if (begun === null) throw new Refusal(ACCOUNT_REFUSALS.mfaNotBegun, 'Begin it first.')
      const secret = await secretOf(id, begun)
      const step = secret && oneTimeCodes.verify(secret, code, clock.now())
      if (step === undefined || step === '') {
        throw new Refusal(SECOND_FACTOR_REFUSALS.codeIncorrect, 'That code is not right.')
      }
      const codes = await keepCodes(id)
      try {
        const command = { secret: begun, step, codes: codes.id, count: codes.codes.length }
        await send(id, { type: 'account.confirm-mfa', ...command }, context)
      } catch (cause) {
        await codes.forget()
        throw cause
      }
      return codes.codes
    },

    /** Whether the code is good now, of the authenticator or for its loss. It is used up. */
    async check(
      account: Readonly<AccountContext>,
      code: string,
      context: CommandContext,
    ): Promise<boolean> {
      const { secret: secretId, lastStep, codes } = account.mfa
      const id = accountId(account.name)
      const secret = secretId === null ? undefined : await secretOf(id, secretId)
      const step = secret && oneTimeCodes.verify(secret, code, clock.now(), lastStep)
      if (step !== undefined && step !== '') {
        return await use(id, { type: 'account.use-mfa-step', step }, context)
      }
      const hashes = codes === null ? undefined : await vault.get(recoveryKey(codes))
      if (codes === null || hashes === undefined) return false
      const index = oneTimeCodes.findRecoveryCode(JSON.parse(hashes) as string[], code)
      if (index === undefined) return false
      return await use(id, { type: 'account.use-recovery-code', codes, index }, context)
    },

    async renewRecoveryCodes(account: Readonly<AccountContext>, context: CommandContext) {
      const id = accountId(account.name)
      const old = account.mfa.codes
      const codes = await keepCodes(id)
      try {
        const command = { codes: codes.id, count: codes.codes.length }
        await send(id, { type: 'account.set-recovery-codes', ...command }, context)
      } catch (cause) {
        await codes.forget()
        throw cause
      }
      if (old !== null) await vault.forget(recoveryKey(old))
      return codes.codes
    },

    async remove(account: Readonly<AccountContext>, reason: string, context: CommandContext) {
      const { secret, codes } = account.mfa
      await send(accountId(account.name), { type: 'account.remove-mfa', reason }, context)
      if (secret !== null) await vault.forget(totpKey(secret))
      if (codes !== null) await vault.forget(recoveryKey(codes))
    },
  }
}

export type SecondFactor = ReturnType<typeof createSecondFactor>

/** Where the vault keeps the secret of an authenticator, sealed. */
export function totpKey(id: string): string {
  return `totp:${id}`
}

/** Where the vault keeps the hashes of recovery codes. */
export function recoveryKey(id: string): string {
  return `recovery:${id}`
}
