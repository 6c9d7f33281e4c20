import type { AdmissionLimits } from '#gateways/kernel/admission.ts'
import type { Rate } from '#gateways/kernel/token-bucket.ts'

/** Everything a client could make grow, and how far. */
export interface IrcLimits extends AdmissionLimits {
  /** Lines received and not yet handled; beyond it the client is sent away. */
  readonly queuedLines: number
  /** Bytes waiting to be sent to one client. */
  readonly sendQueueBytes: number
  readonly channelsPerClient: number
  /** Channels, nicks or masks in one command. */
  readonly targets: number
  /** How fast a client's commands are handled: faster ones wait. */
  readonly commands: Rate
  /** Silence after which a client is asked with PING, and then sent away. */
  readonly pingAfterMs: number
  readonly pingTimeoutMs: number
}

export const DEFAULT_IRC_LIMITS: IrcLimits = {
  connections: 10_000,
  connectionsPerAddress: 2_000,
  unregistered: 512,
  queuedLines: 100,
  sendQueueBytes: 1024 * 1024,
  channelsPerClient: 20,
  targets: 10,
  commands: { burst: 20, perSecond: 4 },
  pingAfterMs: 90_000,
  pingTimeoutMs: 60_000,
}

export interface IrcOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The server's name and the host of every member. Default `veza`. */
  readonly serverName?: string
  readonly networkName?: string
  /** Who announces. Default `veza`. */
  readonly serviceNick?: string
  /** Shown in 002 and 004. */
  readonly version?: string
  /** Lines of the message of the day; none: 422. */
  readonly motd?: readonly string[]
  readonly limits?: Partial<IrcLimits>
}

/** The options with their defaults filled in, and when the server started. */
export interface IrcSettings {
  readonly serverName: string
  readonly networkName: string
  readonly serviceNick: string
  readonly version: string
  readonly motd: readonly string[]
  readonly limits: IrcLimits
  readonly startedAt: number
}

export function settingsOf(options: IrcOptions, startedAt: number): IrcSettings {
  return {
    serverName: options.serverName ?? 'veza',
    networkName: options.networkName ?? 'veza',
    serviceNick: options.serviceNick ?? 'veza',
    version: options.version ?? 'veza',
    motd: options.motd ?? [],
    limits: { ...DEFAULT_IRC_LIMITS, ...options.limits },
    startedAt,
  }
}
