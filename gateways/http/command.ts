import type { Registry } from 'prom-client'
import type { z } from 'zod'

import type { TokenScope } from '#actors/account/account.commands.ts'
import type { ActorHistory } from '#actors/kernel/host.ts'
import type { AccessTokens } from '#events/tokens.ts'
import type { SealKeeper } from '#events/seals.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member } from '#gateways/kernel/login.ts'
import type { AdministrationDeps } from '#gateways/members/administration/operation.ts'
import type { SignIn } from '#gateways/members/sign-in.ts'
import type { Sessions } from '#gateways/members/sessions.ts'

import type { HttpCall, HttpReply } from '#gateways/http/codec.ts'
import type { Visits } from '#gateways/http/visits.ts'

/** Whether the server can do its work, and which part cannot. */
export interface Readiness {
  readonly ok: boolean
  /** By name, each as it describes itself. */
  readonly parts: object
}

export interface HttpDeps
  extends Omit<GatewayDeps, 'seals'>, Omit<AdministrationDeps, keyof GatewayDeps> {
  readonly seals: SealKeeper
  /** For auditors: actors as they were. */
  readonly history: ActorHistory
  readonly sessions: Sessions
  readonly tokens: Pick<AccessTokens, 'forget' | 'jwks'>
  readonly signIn: SignIn
  /** The site's own address, as members see it. */
  readonly siteUrl: string | undefined
}

/** What every request is given; the three type parameters are what the route's schemas make. */
export interface HttpRequestContext<Q = unknown, P = unknown, B = unknown> {
  readonly call: HttpCall
  readonly deps: HttpDeps
  readonly ready: () => Readiness
  readonly registry: Registry
  readonly visits: Visits
  readonly query: Q
  readonly parameters: P
  readonly body: B
  /**
   * The id for a command of this request. With an `Idempotency-Key` it is the same whenever the
   * request is sent again, so that the command has one effect; without one it is a fresh one. A
   * route that sends several commands names each.
   */
  commandId(step?: string): string
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `metrics`: loopback, or the token for metrics. */
export type OpenAccess = 'everyone' | 'metrics'
export type MemberAccess = 'members' | 'auditors' | 'administrators'

/** What a status comes with: JSON of that shape, nothing, or plain text. */
export type ReplyShape = z.ZodType | 'empty' | 'text'

/** A route as data: what the dispatcher checks, and what the OpenAPI document says. */
interface Routed<Q extends z.ZodType, P extends z.ZodType, B extends z.ZodType> {
  /** GET answers HEAD too. */
  readonly method: Method
  /** As uWebSockets.js has it, with `:name` for a part. */
  readonly pattern: string
  /** One line, without a full stop. */
  readonly summary: string
  readonly tags: readonly string[]
  readonly query?: Q
  /** Of the path, by name; a path that does not fit is 404. Without it the parts are any text. */
  readonly parameters?: P
  /** JSON. A route without it reads none. */
  readonly body?: B
  /** 64 KiB where nothing is said. */
  readonly bodyBytes?: number
  /** Of the expected outcomes; what is refused is described for all routes alike. */
  readonly replies: Readonly<Record<number, ReplyShape>>
  /**
   * What an API token needs: `read` for GET and `admin` for the rest where nothing is said; null:
   * nothing, so that who must first get a second factor can.
   */
  readonly scope?: TokenScope | null
}

type Answer = HttpReply | Promise<HttpReply>

export interface OpenRoute<
  Q extends z.ZodType = z.ZodType,
  P extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> extends Routed<Q, P, B> {
  readonly access: OpenAccess
  run(context: HttpRequestContext<z.output<Q>, z.output<P>, z.output<B>>): Answer
}

export interface MemberRoute<
  Q extends z.ZodType = z.ZodType,
  P extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> extends Routed<Q, P, B> {
  readonly access: MemberAccess
  run(context: HttpRequestContext<z.output<Q>, z.output<P>, z.output<B>>, member: Member): Answer
}

export type Route = OpenRoute | MemberRoute

/** For the inference of what `run` is given from the schemas beside it. */
export function openRoute<
  Q extends z.ZodType = z.ZodType,
  P extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
>(route: OpenRoute<Q, P, B>): OpenRoute {
  return route
}

/** As `openRoute`. */
export function memberRoute<
  Q extends z.ZodType = z.ZodType,
  P extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
>(route: MemberRoute<Q, P, B>): MemberRoute {
  return route
}

export function isOpen(route: Route): route is OpenRoute {
  return route.access === 'everyone' || route.access === 'metrics'
}

/** The names of the `:name` parts of a pattern, in their order. */
export function partsOf(pattern: string): string[] {
  return [...pattern.matchAll(/\/:([^/]+)/g)].map(([, name]) => name!)
}

export function scopeOf({ method, scope, access }: Route): TokenScope | undefined {
  if (scope !== undefined) return scope ?? undefined
  // There the policy is asked, which knows the scope of each right.
  if (access !== 'members') return undefined
  return method === 'GET' ? 'read' : 'admin'
}
