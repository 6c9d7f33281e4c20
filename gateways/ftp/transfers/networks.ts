import ipaddr from 'ipaddr.js'

/** Whether an address lies in a network as `10.0.0.0/8`, or is the one address that is given. */
export function isInNetwork(address: string, network: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  const [base, bits] = ipaddr.isValidCIDR(network)
    ? ipaddr.parseCIDR(network)
    : hostNetwork(network)
  return parsed.kind() === base.kind() && parsed.match(base, bits)
}

/** An address that PASV tells the clients of one network. */
export interface NetworkAddress {
  readonly network: string
  /** IPv4. */
  readonly address: string
}

/** The first that fits the client; undefined where none does. */
export function addressFor(
  client: string,
  addresses: readonly NetworkAddress[],
): string | undefined {
  return addresses.find(({ network }) => isInNetwork(client, network))?.address
}

function hostNetwork(address: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const parsed = ipaddr.process(address)
  return [parsed, parsed.kind() === 'ipv4' ? 32 : 128]
}
