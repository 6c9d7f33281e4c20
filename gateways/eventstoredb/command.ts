import type { Member } from '#gateways/kernel/login.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'

import type { DoorConnection } from '#gateways/eventstoredb/connections.ts'
import type { DoorMetrics } from '#gateways/eventstoredb/metrics.ts'
import type { EventStoreLimits } from '#gateways/eventstoredb/options.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'

export type DoorDeps = Pick<
  GatewayDeps,
  'log' | 'bus' | 'members' | 'policy' | 'clock' | 'ids' | 'logger' | 'registry'
>

/** What all calls share. */
export interface Door extends DoorDeps {
  readonly limits: EventStoreLimits
  readonly allowsWrites: boolean
  readonly metrics: DoorMetrics
  /** Stands for this server in Gossip as long as it runs. */
  readonly instanceId: string
  readonly startedAt: number
  readonly counts: () => { readonly connections: number; readonly subscriptions: number }
}

/** One call. */
export interface DoorCall {
  readonly door: Door
  readonly connection: DoorConnection
  /** Host and port by which the client has reached this server. */
  readonly authority: string
  /** As the client names its connection. */
  readonly connectionName: string
  /** Aborted when the client has gone or the server stops. */
  readonly signal: AbortSignal
}

export interface MemberCall extends DoorCall {
  readonly member: Member
}

/** How a method is answered, for each of gRPC's four shapes. */
export interface Shapes<Call, Request, Response> {
  unary(request: Request, call: Call): Promise<Response>
  'client-stream'(requests: AsyncIterable<Request>, call: Call): Promise<Response>
  'server-stream'(request: Request, outlet: Outlet<Response>, call: Call): Promise<void>
  bidi(requests: AsyncIterable<Request>, outlet: Outlet<Response>, call: Call): Promise<void>
}

export type Shape = keyof Shapes<never, never, never>

/** A method in the table: data and a function. What it throws becomes the call's status. */
export interface Method {
  readonly path: string
  readonly shape: Shape
  /** Whether the caller must have shown who they are. */
  readonly needsMember: boolean
  /** As GetSupportedMethods tells them. */
  readonly features: readonly string[]
  readonly run: Shapes<never, never, never>[Shape]
}

interface Definition<Request, Response> {
  readonly path: string
  readonly requestDeserialize: (bytes: Buffer) => Request
  readonly responseDeserialize: (bytes: Buffer) => Response
}

/** A method for members. The definition gives the types of what it takes and answers. */
export function forMembers<Request, Response, S extends Shape>(
  { path }: Definition<Request, Response>,
  shape: S,
  run: Shapes<MemberCall, Request, Response>[S],
  features: readonly string[] = [],
): Method {
  return { path, shape, needsMember: true, features, run: run as never }
}

/** A method that clients call before they say who they are. */
export function forEveryone<Request, Response, S extends Shape>(
  { path }: Definition<Request, Response>,
  shape: S,
  run: Shapes<DoorCall, Request, Response>[S],
): Method {
  return { path, shape, needsMember: false, features: [], run: run as never }
}
