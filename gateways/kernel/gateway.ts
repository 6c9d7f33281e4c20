import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { ActorHost } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import type { EventBus } from '#events/event-bus.ts'
import type { EventLog } from '#events/event-log.ts'
import type { Seals } from '#events/seals.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Login } from '#gateways/kernel/login.ts'
import type { Policy } from '#gateways/members/policy.ts'
import type { VerifiedMembers } from '#gateways/members/verified-members.ts'
import type { RateLimits } from '#gateways/kernel/rate-limits/rate-limits.ts'

/** What every gateway is given. It decides nothing: it sends, asks and renders. */
export interface GatewayDeps {
  readonly host: ActorHost
  readonly log: EventLog
  readonly bus: EventBus
  readonly readModels: ReadModels
  readonly login: Login
  /** Who is meant by a proof that comes with each request. */
  readonly members: VerifiedMembers
  readonly policy: Policy
  /** Opens what of members' personal data may be shown. */
  readonly seals: Seals
  readonly rateLimits: RateLimits
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  /** Each gateway registers its own metrics here, all named `veza_<gateway>_…`. */
  readonly registry: Registry
  /** Name of this process, as it stands in `connection.opened`. */
  readonly node: string
}

/** A protocol's server. */
export interface Gateway {
  /** Listens; resolves with the real port. */
  start(): Promise<{ readonly port: number }>
  /**
   * Stops accepting, says goodbye in the protocol's words, lets transfers end for at most
   * `graceMs`, records the closing of each connection, and resolves when all are gone.
   */
  stop(graceMs: number): Promise<void>
}
