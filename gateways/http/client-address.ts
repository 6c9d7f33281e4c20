import ipaddr from 'ipaddr.js'

/** Tells the address of the client, where proxies that are trusted have asked for it. */
export type ClientAddress = (peer: string, forwardedFor: string) => string

const ADDRESSES = 20

/**
 * `trusted`: addresses and ranges (`192.0.2.0/24`) of proxies, which add the address that asked
 * them at the end of `X-Forwarded-For`. The last one there that is no trusted proxy is the client;
 * what stands before it is the client's own words.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const ranges = trusted.map((text) =>
    text.includes('/')
      ? ipaddr.parseCIDR(text)
      : ([ipaddr.process(text), ipaddr.process(text).kind() === 'ipv4' ? 32 : 128] as const),
  )
  const isTrusted = (address: string): boolean => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return ranges.some(
      ([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits),
    )
  }
  return (peer, forwardedFor) => {
    if (!isTrusted(peer)) return peer
    const given = forwardedFor.split(',').slice(-ADDRESSES).toReversed()
    let client = peer
    for (const each of given) {
      const address = each.trim()
      // What is no address was not written by one of our proxies: nothing before it counts.
      if (!ipaddr.isValid(address)) break
      client = ipaddr.process(address).toString()
      if (!isTrusted(client)) break
    }
    return client
  }
}
