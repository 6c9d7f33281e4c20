import type { Fact } from '#events/fact.ts'

import type { Found } from '#gateways/eventstoredb/links.ts'

/** An event on its way to a consumer. */
export interface Message {
  /** The id by which consumers acknowledge it: the link's, when a link led to it. */
  readonly id: string
  readonly found: Found
  /** What stands in the log, be it a link or an event. */
  readonly record: Fact
  readonly position: number
  /** In the stream that is subscribed to. */
  readonly version: number
  retries: number
  /** Its version among the parked messages, when it is replayed from there. */
  readonly parkedAs?: number
}

/** A client that reads a group. */
export interface Consumer {
  readonly id: string
  readonly from: string
  readonly username: string
  readonly connectionName: string
  /** How many messages it takes without settling any. */
  readonly slots: number
  /** False while it does not read what it was sent. */
  readonly isReady: boolean
  inFlight: number
  /** Messages sent to it so far. */
  total: number
  send(message: Message): void
  /** Ends its call. */
  drop(cause: unknown): void
}
