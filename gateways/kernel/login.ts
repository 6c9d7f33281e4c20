import type { TokenScope } from '#actors/account/account.commands.ts'
import type { AccountLimits, MemberRole } from '#events/account.facts.ts'
import type { GatewayName } from '#events/connection.facts.ts'

import type { Tier } from '#gateways/kernel/rate-limits/tiers.ts'

/** A member who has proved who they are. */
export interface Member {
  /** The account's id: the name in lower case. */
  readonly id: string
  readonly name: string
  /** The primary group. */
  readonly group: string
  readonly groups: readonly string[]
  /** Groups whose admin the member is. */
  readonly adminOf: readonly string[]
  readonly flags: string
  readonly role: MemberRole
  /** How wide the rate limits are. */
  readonly tier: Tier
  readonly limits: AccountLimits
  /** Id of the credential that was current at the login. */
  readonly credential: string
  /** How they proved it: `password`, `scram`, `oidc`, `token:<id>`, `session:<id>`. */
  readonly method: string
  readonly hasSecondFactor: boolean
  /** What an API token is limited to; null: all that the member may do. */
  readonly scopes: readonly TokenScope[] | null
}

/** Where an attempt to log in comes from. */
export interface Origin {
  readonly gateway: GatewayName | 'eventstore'
  /** The address alone, IPv4 or IPv6. */
  readonly address: string
  /** 0: not known. */
  readonly port?: number
  /** What an ident server or a bouncer says. */
  readonly ident?: string
}

/** What somebody shows to prove who they are. */
export interface Proof {
  readonly name: string
  /** The password, or an API token of that member. */
  readonly secret: string
  /** A code of the second factor. */
  readonly code?: string | undefined
}

/** Checks names and passwords, the same for every gateway. */
export interface Login {
  /**
   * The member. Rejects with a `Refusal`: `login-incorrect`, whose words and time are the same
   * for an unknown name and a wrong password; `locked-out` (field `retryAfterMs`) after too many
   * of those; `mfa-required` when the password is right and a code is missing; one of the
   * policy's reasons (`account-banned` …) when the password is right and that member may not come
   * in; `busy` when too many log in at once.
   */
  verify(proof: Proof, origin: Origin): Promise<Member>
  /** Begins SCRAM-SHA-256 (RFC 5802): what to challenge with, the same way for unknown names. */
  scram(name: string): Promise<ScramChallenge>
}

export interface ScramChallenge {
  /** In base64. */
  readonly salt: string
  readonly iterations: number
  /** `proof` in base64. Answers also what shows that the server knows the password. */
  finish(
    authMessage: string,
    proof: string,
    origin: Origin,
  ): Promise<{ readonly member: Member; readonly serverSignature: string }>
}

export const LOGIN_REFUSALS = {
  loginIncorrect: 'login-incorrect',
  mfaRequired: 'mfa-required',
} as const

/** Where the vault keeps an account's password hash. */
export function credentialKey(credential: string): string {
  return `credential:${credential}`
}

/** Where the vault keeps the SCRAM keys of a password, for IRC. */
export function scramKey(credential: string): string {
  return `scram:${credential}`
}
