import type { ConnectionRateLimits } from '#gateways/kernel/connection-rate.ts'

import type { FxpPolicy } from '#gateways/ftp/transfers/foreign-peers.ts'
import type { NetworkAddress } from '#gateways/ftp/transfers/networks.ts'
import type { Shortcuts } from '#gateways/ftp/shortcuts.ts'

export interface FtpOptions {
  readonly host: string
  /** 0 is any free port. */
  readonly port: number
  /** First and last port for passive data connections. Default: any. */
  readonly passivePorts?: readonly [first: number, last: number]
  /** IPv4 address that PASV names, for a server behind address translation. */
  readonly advertisedAddress?: string
  /** The same for clients of certain networks; the first that fits counts. */
  readonly advertisedAddresses?: readonly NetworkAddress[]
  /** Where TLS comes first; 0 is any free port. Default: nowhere. */
  readonly tlsPort?: number
  /** Default: `none`. */
  readonly fxp?: FxpPolicy
  /** Default: none. */
  readonly shortcuts?: Partial<Shortcuts>
  /** Addresses and networks of bouncers, which are believed where their clients are (IDNT). */
  readonly bouncers?: readonly string[]
  readonly limits?: Partial<FtpLimits>
}

export interface FtpLimits {
  readonly sessions: number
  readonly sessionsPerAddress: number
  /** Sessions where nobody is logged in yet; the oldest makes room for a new one. */
  readonly unauthenticated: number
  /** How fast one address may open sessions. */
  readonly connectionRate?: Partial<ConnectionRateLimits>
  /** Nothing said and nothing transferred for so long ends a session. */
  readonly idleTimeoutMs: number
  /** A data connection is opened within this, TLS included. */
  readonly dataConnectMs: number
  /** No byte on a data connection for so long ends its transfer. */
  readonly dataStallMs: number
  readonly failedLogins: number
  /** Lines that are no command, in one session. */
  readonly badCommands: number
  /** Lines read ahead of the one that is handled. */
  readonly queuedLines: number
  /** Checksums that are computed at the same time, for all sessions together. */
  readonly hashesAtOnce: number
}

export const DEFAULT_LIMITS: FtpLimits = {
  sessions: 1_000,
  sessionsPerAddress: 200,
  unauthenticated: 150,
  idleTimeoutMs: 15 * 60_000,
  dataConnectMs: 30_000,
  dataStallMs: 120_000,
  failedLogins: 3,
  badCommands: 20,
  queuedLines: 64,
  hashesAtOnce: 2,
}
