import type { RoomFact } from '#events/room.facts.ts'

import type { Client } from '#gateways/irc/client.ts'
import type { Rendered } from '#gateways/irc/render.ts'

/** A session, as the facts' feed and other sessions' commands see it. */
export interface Listener {
  readonly client: Client
  /** Shows a room's fact, once and in order. */
  deliver(room: string, fact: RoomFact, rendered: Rendered): void
  /** Its connection has been closed by the rules. */
  expelled(reason: string): void
}

/** Who is connected to this gateway, found by connection, member and room. */
export class Sessions {
  readonly #byConnection = new Map<string, Listener>()
  readonly #byMember = new Map<string, Set<Listener>>()
  readonly #byRoom = new Map<string, Set<Listener>>()

  add(listener: Listener): void {
    this.#byConnection.set(listener.client.connection.id, listener)
  }

  loggedIn(client: Client): void {
    const listener = this.#byConnection.get(client.connection.id)
    if (listener && client.member) addTo(this.#byMember, client.member.id, listener)
  }

  enter(client: Client, room: string): void {
    const listener = this.#byConnection.get(client.connection.id)
    if (listener) addTo(this.#byRoom, room, listener)
  }

  leave(client: Client, room: string): void {
    const listener = this.#byConnection.get(client.connection.id)
    if (listener) removeFrom(this.#byRoom, room, listener)
  }

  remove(listener: Listener): void {
    const { client } = listener
    this.#byConnection.delete(client.connection.id)
    if (client.member) removeFrom(this.#byMember, client.member.id, listener)
    for (const room of client.rooms.keys()) removeFrom(this.#byRoom, room, listener)
  }

  byConnection(id: string): Listener | undefined {
    return this.#byConnection.get(id)
  }

  ofMember(member: string): readonly Client[] {
    return [...(this.#byMember.get(member) ?? [])].map(({ client }) => client)
  }

  inRoom(room: string): ReadonlySet<Listener> {
    return this.#byRoom.get(room) ?? NOBODY
  }

  get counts() {
    return {
      connections: this.#byConnection.size,
      members: this.#byMember.size,
      rooms: this.#byRoom.size,
    }
  }
}

const NOBODY: ReadonlySet<Listener> = new Set()

function addTo(index: Map<string, Set<Listener>>, key: string, listener: Listener): void {
  const set = index.get(key)
  if (set) set.add(listener)
  else index.set(key, new Set([listener]))
}

function removeFrom(index: Map<string, Set<Listener>>, key: string, listener: Listener): void {
  const set = index.get(key)
  set?.delete(listener)
  if (set?.size === 0) index.delete(key)
}
