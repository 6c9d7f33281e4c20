import { BlockList, isIP, isIPv4 } from 'node:net'

/** An IPv4 address that came in over IPv6 (`::ffff:1.2.3.4`) as itself; a zone is dropped. */
export function plainAddress(address: string | undefined): string {
  const text = (address ?? '').replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)
  return mapped?.[1] ?? text.toLowerCase()
}

/** Whether two ways of writing name one address. */
export function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [plainAddress(a), plainAddress(b)]
  if (left === right) return true
  const families = [isIP(left), isIP(right)]
  if (families[0] !== 6 || families[1] !== 6) return false
  const list = new BlockList()
  list.addAddress(left, 'ipv6')
  return list.check(right, 'ipv6')
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** RFC 959 section 4.1.2: `h1,h2,h3,h4,p1,p2`. */
export function parsePort(argument: string): Endpoint | undefined {
  const numbers = argument.trim().split(',')
  if (numbers.length !== 6 || !numbers.every((n) => /^\d{1,3}$/.test(n) && Number(n) < 256)) {
    return undefined
  }
  const [high, low] = numbers.slice(4).map(Number) as [number, number]
  return { address: numbers.slice(0, 4).map(Number).join('.'), port: high * 256 + low }
}

/** The digits of a PASV reply. */
export function formatPort({ address, port }: Endpoint): string {
  return [...address.split('.'), port >> 8, port & 255].join(',')
}

/** RFC 2428 section 2: `|1|132.235.1.2|6275|`, any printable character in place of `|`. */
export function parseExtendedPort(argument: string): Endpoint | 'other-family' | undefined {
  const [before, family, address, port, after, ...rest] = argument.split(argument[0] ?? '|')
  const isShaped = before === '' && after === '' && rest.length === 0
  if (!isShaped || !/^\d{1,5}$/.test(port ?? '') || Number(port) > 65_535) return undefined
  if (family !== '1' && family !== '2') return 'other-family'
  const isFamily = family === '1' ? isIPv4(address ?? '') : isIP(address ?? '') === 6
  return isFamily ? { address: address!, port: Number(port) } : undefined
}
