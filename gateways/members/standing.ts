import ipaddr from 'ipaddr.js'

import type { AccountContext, TokenScope } from '#actors/account/account.commands.ts'
import { accountId } from '#actors/account/account.commands.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { PolicyReason } from '#actors/policy/policy-request.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, type Seals } from '#events/seals.ts'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import { matchesMasks } from '#gateways/members/masks.ts'
import type { Policy, PolicyProof } from '#gateways/members/policy.ts'

export interface StandingDeps {
  readonly policy: Policy
  readonly seals: Seals
}

export const STANDING_REFUSALS = {
  /** The password is right, but the account may not come in: field `reason`. */
  loginDenied: 'login-denied',
  /** The role needs a second factor, and there is none yet: it is set up over HTTP. */
  enrolmentRequired: 'mfa-enrolment-required',
} as const

/** Nothing but setting up a second factor: what is left to a role that must have one. */
const ENROLMENT_ONLY: readonly TokenScope[] = []
const MFA_REASON: PolicyReason = 'mfa-required'

/** Whether an account that has proved itself may come in, and what is left to it. */
export function createStanding({ policy, seals }: StandingDeps) {
  async function judge(
    state: ActorState<AccountContext>,
    member: Member & PolicyProof,
    origin: Origin | undefined,
  ): Promise<Member['scopes']> {
    const matchesMask = origin === undefined || (await isLetIn(state.context, origin))
    const question = { action: 'login', matchesMask } as const
    const answer = await policy.judge(state, member, question)
    if (answer.isAllowed) return member.scopes
    if (answer.reason !== MFA_REASON) {
      throw new Refusal(STANDING_REFUSALS.loginDenied, answer.words, { reason: answer.reason })
    }
    const canEnrol = origin === undefined || origin.gateway === 'http'
    if (!canEnrol || state.context.mfa.secret !== null) {
      throw new Refusal(STANDING_REFUSALS.enrolmentRequired, answer.words)
    }
    return ENROLMENT_ONLY
  }

  async function isLetIn(account: Readonly<AccountContext>, origin: Origin): Promise<boolean> {
    const sealed = Object.values(account.masks)
    if (sealed.length === 0) return true
    const subject = memberSubject(accountId(account.name))
    const masks = await Promise.all(sealed.map((mask) => seals.unseal(subject, 'mask', mask)))
    // Of a key that is destroyed nobody knows whom they let in.
    if (!masks.every((mask) => mask !== undefined)) return false
    return matchesMasks(masks, origin.ident ?? '', plain(origin.address))
  }

  return {
    /** Rejects with `login-denied` or `mfa-enrolment-required`; answers the scopes that are left. */
    scopesAtLogin: (state: ActorState<AccountContext>, member: Member, origin: Origin) =>
      judge(state, member, origin),
    /** The same for who is in already: where they come from was asked at the login. */
    scopesNow: (state: ActorState<AccountContext>, member: Member) =>
      judge(state, member, undefined),
  }
}

export type Standing = ReturnType<typeof createStanding>

function plain(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address
}
