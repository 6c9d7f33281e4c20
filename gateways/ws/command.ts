import type { z } from 'zod'

import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Connection } from '#gateways/kernel/connection.ts'
import type { Member, Proof } from '#gateways/kernel/login.ts'

import type { ClientFrame, ServerFrame } from '#gateways/ws/codec.ts'
import type { Subscriptions } from '#gateways/ws/subscriptions.ts'
import type { Viewer } from '#gateways/ws/visibility.ts'

/** What the commands may know and use of one socket. */
export interface WsClient {
  readonly deps: GatewayDeps
  readonly connection: Connection
  readonly subscriptions: Subscriptions
  /** Who is logged in, as of now. */
  viewer(): Promise<Viewer>
  /** Checks what is shown and records the login. Rejects with a `Refusal`. */
  logIn(shown: Proof | { readonly token: string }): Promise<Member>
}

export interface WsRequest<D> {
  readonly frame: ClientFrame
  readonly data: D
  readonly client: WsClient
}

/** What a command answers: it never writes to the socket itself. */
export interface WsReply {
  readonly frame: ServerFrame
  /** Run once the answer is on its way. */
  readonly after?: () => void
}

/** A type of frame: when it may come, the shape of its data, and what it does. */
export interface WsCommand<S extends z.ZodType = z.ZodType> {
  readonly needsLogin: boolean
  /** Tokens of the client's bucket. Default 1. */
  readonly cost?: number
  readonly data: S
  run(request: WsRequest<z.output<S>>): WsReply | Promise<WsReply>
}

/** Ties the data's type to its schema. */
export function defineCommand<S extends z.ZodType>(command: WsCommand<S>): WsCommand {
  return command
}
