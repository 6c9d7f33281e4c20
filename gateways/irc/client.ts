import type { RoomFact } from '#events/room.facts.ts'
import type { Connection } from '#gateways/kernel/connection.ts'
import type { Member } from '#gateways/kernel/login.ts'

import { Capabilities } from '#gateways/irc/capabilities.ts'

/** What a client has said of itself before it is logged in. */
export interface Registration {
  pass?: string
  nick?: string
  user?: string
  /** `CAP LS` or `CAP REQ` was sent, and not yet `CAP END`. */
  isNegotiating: boolean
}

/** A room that a client is in, or is just entering or leaving. */
export interface Presence {
  phase: 'joining' | 'here' | 'leaving'
  /** Facts up to this version of the room are shown, or lie before the joining. */
  since: number
  /** Who is here is known up to this version, from the NAMES on joining. */
  namesAt: number
  /** What came in while the joining was under way. */
  readonly backlog: RoomFact[]
}

/** What the commands know and change of one client. */
export class Client {
  readonly connection: Connection
  readonly address: string
  readonly connectedAt: number
  readonly registration: Registration = { isNegotiating: false }
  readonly capabilities = new Capabilities()
  /** By room id. */
  readonly rooms = new Map<string, Presence>()
  awayMessage: string | undefined
  lastSpokeAt: number
  /** Set by a successful login. */
  member: Member | undefined

  constructor(connection: Connection, address: string, now: number) {
    this.connection = connection
    this.address = address
    this.connectedAt = now
    this.lastSpokeAt = now
  }

  /** The name by which a numeric speaks to this client. */
  get nick(): string {
    return this.member?.name ?? this.registration.nick ?? '*'
  }

  isHere(room: string): boolean {
    return this.rooms.get(room)?.phase === 'here'
  }
}
