import { addressFor, isInNetwork } from '#gateways/ftp/transfers/networks.ts'
import type { FxpPolicy } from '#gateways/ftp/transfers/foreign-peers.ts'
import type { FtpOptions } from '#gateways/ftp/options.ts'
import type { Shortcuts } from '#gateways/ftp/shortcuts.ts'

/** What the site's settings say, as one session asks. */
export interface SessionPolicies {
  readonly fxp: FxpPolicy
  /** Whether IDNT is believed from there. */
  isBouncer(address: string): boolean
  /** The address that PASV tells a client; undefined: the one that it has come to. */
  advertisedTo(client: string): string | undefined
  readonly shortcuts: Shortcuts
  /** Runs it unless too many are running: then undefined. */
  hash<T>(compute: () => Promise<T>): Promise<T> | undefined
}

export function createSessionPolicies(options: FtpOptions, hashesAtOnce: number): SessionPolicies {
  const { fxp = 'none', bouncers = [], advertisedAddresses = [], shortcuts = {} } = options
  let hashing = 0
  return {
    fxp,
    shortcuts: { aliases: [], searchPath: [], ...shortcuts },
    isBouncer: (address) => bouncers.some((network) => isInNetwork(address, network)),
    advertisedTo: (client) => addressFor(client, advertisedAddresses) ?? options.advertisedAddress,
    hash(compute) {
      if (hashing >= hashesAtOnce) return undefined
      hashing++
      return compute().finally(() => hashing--)
    },
  }
}
