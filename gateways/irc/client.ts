import type { RoomFact } from '#events/room.facts.ts'
import type { Connection } from '#gateways/kernel/connection.ts'
import type { Member, Origin } from '#gateways/kernel/login.ts'

import { Capabilities } from '#gateways/irc/capabilities.ts'
import type { SaslState } from '#gateways/irc/commands/authenticate.ts'

/** What a client has said of itself before it is logged in. */
export interface Registration {
  pass?: string
  /** An exchange that is under way. */
  sasl?: SaslState
  /** Who SASL has shown to be there. */
  proven?: Member
  failures?: number
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
  readonly origin: Origin
  readonly connectedAt: number
  readonly registration: Registration = { isNegotiating: false }
  readonly capabilities = new Capabilities()
  /** By room id. */
  readonly rooms = new Map<string, Presence>()
  awayMessage: string | undefined
  lastSpokeAt: number
  /** Set by a successful login. */
  member: Member | undefined
  /** Lets the client wait so many milliseconds, or until it is gone. */
  readonly pause: (ms: number) => Promise<void>

  constructor(
    connection: Connection,
    origin: Origin,
    now: number,
    pause: (ms: number) => Promise<void>,
  ) {
    this.connection = connection
    this.origin = origin
    this.connectedAt = now
    this.lastSpokeAt = now
    this.pause = pause
  }

  /** The name by which a numeric speaks to this client. */
  get nick(): string {
    return this.member?.name ?? this.registration.nick ?? '*'
  }

  isHere(room: string): boolean {
    return this.rooms.get(room)?.phase === 'here'
  }
}
