import { createServer, type Server, type Socket } from 'node:net'

import type { Clock } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import { Admission } from '#gateways/kernel/admission.ts'

import type { DoorMetrics } from '#gateways/eventstoredb/metrics.ts'
import type { EventStoreLimits } from '#gateways/eventstoredb/options.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

/** One client's TCP connection and what it holds of the server. */
export class DoorConnection {
  readonly address: string
  readonly socket: Socket
  isRegistered = false
  subscriptions = 0
  #heldBytes = 0
  readonly #limits: EventStoreLimits

  constructor(socket: Socket, limits: EventStoreLimits) {
    this.socket = socket
    this.address = socket.remoteAddress ?? ''
    this.#limits = limits
  }

  /** Accounts for bytes kept for this client; a negative number gives them back. */
  hold(bytes: number): void {
    this.#heldBytes += bytes
    if (bytes > 0 && this.#heldBytes > this.#limits.heldBytesPerConnection) {
      throw new Refusal(DOOR_REFUSALS.tooMuch, 'Too much is being appended on this connection.')
    }
  }

  /** Counts a subscription; the answer ends it. */
  subscribe(): () => void {
    if (this.subscriptions >= this.#limits.subscriptionsPerConnection) {
      throw new Refusal(DOOR_REFUSALS.tooMuch, 'Too many subscriptions on this connection.')
    }
    this.subscriptions++
    return () => void this.subscriptions--
  }
}

export interface ConnectionsDeps {
  readonly clock: Clock
  readonly limits: EventStoreLimits
  readonly metrics: () => DoorMetrics
  /** Takes a connection that is let in. */
  readonly serve: (socket: Socket) => void
}

/** Listens, and lets clients in as far as the limits go. */
export class Connections {
  readonly #deps: ConnectionsDeps
  readonly #admission: Admission<DoorConnection>
  /** By the address and port of the client, as gRPC tells a call's peer. */
  readonly #byPeer = new Map<string, DoorConnection>()
  readonly #server: Server
  #emptied: (() => void) | undefined

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps
    this.#admission = new Admission(deps.limits)
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  get counts() {
    let subscriptions = 0
    for (const connection of this.#byPeer.values()) subscriptions += connection.subscriptions
    return { connections: this.#byPeer.size, subscriptions }
  }

  /** The connection of a call; undefined when it has just gone. */
  of(peer: string): DoorConnection | undefined {
    return this.#byPeer.get(peer)
  }

  /** Somebody has shown on it who they are. */
  registered(connection: DoorConnection): void {
    if (connection.isRegistered) return
    connection.isRegistered = true
    this.#admission.registered(connection)
  }

  listen(host: string, port: number): Promise<number> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject)
        // Of a client that could not be accepted, for want of a file descriptor, say.
        server.on('error', () => this.#deps.metrics().refusedConnection())
        resolve((server.address() as { readonly port: number }).port)
      })
    })
  }

  /** Takes no more clients. */
  close(): void {
    this.#server.close()
  }

  /** Resolves when every client has gone, by itself or when the time was over. */
  async gone(graceMs: number): Promise<void> {
    if (this.#byPeer.size === 0) return
    const empty = new Promise<void>((resolve) => (this.#emptied = resolve))
    const cancel = this.#deps.clock.after(graceMs, () => {
      for (const { socket } of this.#byPeer.values()) socket.destroy()
    })
    await empty
    cancel()
  }

  #accept(socket: Socket): void {
    // The protocol above reports its own faults; without a listener a reset would end the process.
    socket.on('error', () => socket.destroy())
    const connection = new DoorConnection(socket, this.#deps.limits)
    const verdict = this.#admission.judge(connection.address)
    if (verdict.kind !== 'admit') this.#deps.metrics().refusedConnection()
    if (verdict.kind === 'refuse') return void socket.destroy()
    if (verdict.kind === 'replace') verdict.evicted.socket.destroy()
    const { address = '', port = 0 } = { address: socket.remoteAddress, port: socket.remotePort }
    const peer = `${address}:${port}`
    this.#byPeer.set(peer, connection)
    this.#admission.add(connection)
    const cancel = this.#deps.clock.after(this.#deps.limits.loginTimeoutMs, () => {
      if (!connection.isRegistered) socket.destroy()
    })
    socket.once('close', () => {
      cancel()
      // A client may come again from the same port before the end of the first is noticed.
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer)
      this.#admission.remove(connection)
      if (this.#byPeer.size === 0) this.#emptied?.()
    })
    this.#deps.serve(socket)
  }
}
