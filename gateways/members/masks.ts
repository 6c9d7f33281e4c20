import ipaddr from 'ipaddr.js'

import { isLike } from '#gateways/kernel/fact-query.ts'

/**
 * glFTPd's masks: `ident@address`, both with `*` and `?`, the address also as `192.0.2.0/24`. One
 * with `!` before it keeps out whom it fits, whatever the others say. Whose ident is not known has
 * none, which `*` alone fits.
 */
export function matchesMasks(masks: readonly string[], ident: string, address: string): boolean {
  const fits = (mask: string) => isFitting(mask, ident, address)
  if (masks.some((mask) => mask.startsWith('!') && fits(mask.slice(1)))) return false
  const open = masks.filter((mask) => !mask.startsWith('!'))
  return open.length === 0 || open.some(fits)
}

/** Digits, dots, colons, hex, `*`, `?`; an optional prefix length. */
const MASK = /^!?[\w*?.~-]{1,32}@(?:[0-9a-fA-F.:*?]{1,45}|[0-9a-fA-F.:]{2,45}\/\d{1,3})$/

/** Whether a text is a mask. */
export function isMask(text: string): boolean {
  if (!MASK.test(text)) return false
  const address = text.slice(text.indexOf('@') + 1)
  return !address.includes('/') || ipaddr.isValidCIDR(address)
}

function isFitting(mask: string, ident: string, address: string): boolean {
  const at = mask.indexOf('@')
  const [name, place] = [mask.slice(0, at), mask.slice(at + 1)]
  if (!isLike(ident.toLowerCase(), name.toLowerCase())) return false
  if (place.includes('/')) return isWithin(address, place)
  return isLike(address.toLowerCase(), place.toLowerCase())
}

function isWithin(address: string, range: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(range)) return false
  const parsed = ipaddr.parse(address)
  const [network, bits] = ipaddr.parseCIDR(range)
  return parsed.kind() === network.kind() && parsed.match(network, bits)
}
