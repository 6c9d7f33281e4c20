import type { Registry } from 'prom-client'

import type { ActorHost } from '#actors/kernel/host.ts'
import type { MemberRole } from '#events/account.facts.ts'
import type { Clock, Ids } from '#events/clock.ts'
import type { OneTimeCodes } from '#events/one-time-codes.ts'
import type { Seals } from '#events/seals.ts'
import type { AccessTokens } from '#events/tokens.ts'
import type { Passwords, Vault } from '#events/vault.ts'

import type { Login } from '#gateways/kernel/login.ts'
import { type ApiTokens, createApiTokens } from '#gateways/members/api-tokens.ts'
import { type AttemptLimits, type Attempts, createAttempts } from '#gateways/members/attempts.ts'
import { createLoginMetrics } from '#gateways/members/login-metrics.ts'
import { createLogin } from '#gateways/members/login.ts'
import { createPolicy, type Policy } from '#gateways/members/policy.ts'
import { createSecondFactor, type SecondFactor } from '#gateways/members/second-factor.ts'
import { createSessions, type Sessions } from '#gateways/members/sessions.ts'
import { createStanding, type Standing } from '#gateways/members/standing.ts'

export interface MembersDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly seals: Seals
  readonly passwords: Passwords
  readonly tokens: AccessTokens
  readonly oneTimeCodes: OneTimeCodes
  readonly clock: Clock
  readonly ids: Ids
  readonly registry: Registry
}

export interface MembersOptions {
  readonly attempts: AttemptLimits
  /** Roles that must have a second factor. */
  readonly mfaRoles: readonly MemberRole[]
  readonly allowsAnonymous: boolean
  /** Name of the site, as authenticators show it. */
  readonly issuer: string
  readonly refreshMs: number
  /** Of new SCRAM keys: names that nobody has are challenged with the same. */
  readonly scramIterations: number
}

/** How members prove who they are, and what they may do: the same for every gateway. */
export interface Members {
  readonly policy: Policy
  readonly standing: Standing
  readonly attempts: Attempts
  readonly apiTokens: ApiTokens
  readonly secondFactor: SecondFactor
  readonly login: Login
  readonly sessions: Sessions
}

export function createMembers(deps: MembersDeps, options: MembersOptions): Members {
  const policy = createPolicy(deps, options)
  const standing = createStanding({ ...deps, policy })
  const attempts = createAttempts(deps, options.attempts)
  const apiTokens = createApiTokens(deps)
  const secondFactor = createSecondFactor({ ...deps, issuer: options.issuer })
  const metrics = createLoginMetrics(deps.registry)
  const { scramIterations } = options
  const login = createLogin({
    ...deps,
    attempts,
    apiTokens,
    secondFactor,
    standing,
    metrics,
    scramIterations,
  })
  const sessions = createSessions({ ...deps, standing, refreshMs: options.refreshMs })
  return { policy, standing, attempts, apiTokens, secondFactor, login, sessions }
}
