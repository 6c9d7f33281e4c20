import {
  ACCOUNT_REFUSALS,
  type AccountCommand,
  type AccountContext,
} from '#actors/account/account.commands.ts'
import { type AccountDecisions, assertRoom } from '#actors/account/account.decisions.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type ProofCommand = Extract<
  AccountCommand['type'],
  | `account.${string}-mfa`
  | `account.${string}-token`
  | `account.${string}-identity`
  | `account.${'set-password' | 'use-mfa-step' | 'set-recovery-codes' | 'use-recovery-code'}`
>

/** By what a member proves who they are. */
export const proofDecisions: AccountDecisions<ProofCommand> = {
  'account.set-password': (account, { credential }) =>
    credential === account.credential
      ? []
      : [{ type: 'account.password-set', data: { credential } }],
  'account.create-token': (account, { token, label, scopes, expiresAt }) => {
    if (entryOf(account.tokens, token)) return []
    assertRoom('tokens', account.tokens)
    const data = { token, label, scopes: [...new Set(scopes)], expiresAt }
    return [{ type: 'account.token-created', data }]
  },
  'account.revoke-token': (account, { token, reason }) => {
    if (!entryOf(account.tokens, token)) {
      throw new Refusal(ACCOUNT_REFUSALS.noSuchToken, `${account.name} has no such token.`)
    }
    return [{ type: 'account.token-revoked', data: { token, reason } }]
  },
  'account.begin-mfa': ({ mfa }, { secret }) => {
    assertOff(mfa)
    return secret === mfa.begun ? [] : [{ type: 'account.mfa-begun', data: { secret } }]
  },
  'account.confirm-mfa': ({ mfa }, { secret, step, codes, count }) => {
    assertOff(mfa)
    if (secret !== mfa.begun) {
      throw new Refusal(ACCOUNT_REFUSALS.mfaNotBegun, 'This second factor was not begun.')
    }
    return [
      { type: 'account.mfa-confirmed', data: { secret, step } },
      { type: 'account.recovery-codes-set', data: { codes, count } },
    ]
  },
  'account.remove-mfa': ({ mfa }, { reason }) => {
    // One that was begun and never confirmed can be taken back too.
    if (mfa.begun === null) assertOn(mfa)
    return [{ type: 'account.mfa-removed', data: { reason } }]
  },
  'account.use-mfa-step': ({ mfa }, { step }) => {
    assertOn(mfa)
    if (step <= mfa.lastStep) throw codeUsed()
    return [{ type: 'account.mfa-step-used', data: { step } }]
  },
  'account.set-recovery-codes': ({ mfa }, { codes, count }) => {
    assertOn(mfa)
    return codes === mfa.codes
      ? []
      : [{ type: 'account.recovery-codes-set', data: { codes, count } }]
  },
  'account.use-recovery-code': ({ mfa }, { codes, index }) => {
    assertOn(mfa)
    // New codes take the place of the old ones, which then count as used.
    if (codes !== mfa.codes || index >= mfa.codesCount || mfa.usedCodes.includes(index)) {
      throw codeUsed()
    }
    return [{ type: 'account.recovery-code-used', data: { codes, index } }]
  },
  'account.link-identity': (account, { provider, identity }) => {
    if (entryOf(account.identities, identity) !== undefined) return []
    assertRoom('identities', account.identities)
    return [{ type: 'account.identity-linked', data: { provider, identity } }]
  },
  'account.unlink-identity': (account, { identity }) => {
    const provider = entryOf(account.identities, identity)
    if (provider === undefined) {
      throw new Refusal(ACCOUNT_REFUSALS.noSuchIdentity, `${account.name} has no such sign-in.`)
    }
    return [{ type: 'account.identity-unlinked', data: { provider, identity } }]
  },
}

function assertOff({ secret }: AccountContext['mfa']): void {
  if (secret === null) return
  throw new Refusal(ACCOUNT_REFUSALS.mfaOn, 'There is a second factor already.')
}

function assertOn({ secret }: AccountContext['mfa']): void {
  if (secret !== null) return
  throw new Refusal(ACCOUNT_REFUSALS.mfaOff, 'There is no second factor.')
}

function codeUsed(): Refusal {
  return new Refusal(ACCOUNT_REFUSALS.codeUsed, 'That code was used before.')
}
