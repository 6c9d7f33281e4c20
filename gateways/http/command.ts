import type { Registry } from 'prom-client'

import type { ActorHistory } from '#actors/kernel/host.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member } from '#gateways/kernel/login.ts'

import type { HttpCall, HttpReply } from '#gateways/http/codec.ts'

/** Whether the server can do its work, and which part cannot. */
export interface Readiness {
  readonly ok: boolean
  /** By name, each as it describes itself. */
  readonly parts: object
}

export interface HttpDeps extends GatewayDeps {
  /** For auditors: actors as they were. */
  readonly history: ActorHistory
}

export interface HttpRequestContext {
  readonly call: HttpCall
  readonly deps: HttpDeps
  readonly ready: () => Readiness
  readonly registry: Registry
}

/** Who may use a route. `metrics`: loopback, or the token for metrics. */
interface Routed {
  /** As uWebSockets.js has it, with `:name` for a part. */
  readonly pattern: string
}

export interface OpenRoute extends Routed {
  readonly access: 'everyone' | 'metrics'
  run(context: HttpRequestContext): HttpReply | Promise<HttpReply>
}

export interface MemberRoute extends Routed {
  readonly access: 'members' | 'siteops' | 'auditors'
  run(context: HttpRequestContext, member: Member): HttpReply | Promise<HttpReply>
}

/** A route answers GET and HEAD. */
export type Route = OpenRoute | MemberRoute
