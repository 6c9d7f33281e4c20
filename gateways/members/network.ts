import ipaddr from 'ipaddr.js'

/**
 * What of an address counts as one place: an IPv4 address, or the /64 of an IPv6 one, which is
 * what one subscriber gets (RFC 6177). Mapped IPv4 is IPv4. Text that is no address is itself.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const parts = (parsed as ipaddr.IPv6).parts.slice(0, 4)
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`
}

/** `address:port`, IPv6 in brackets. */
export function remoteOf({ address, port = 0 }: { address: string; port?: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
