import ipaddr from 'ipaddr.js'

import { isSameAddress } from '#gateways/ftp/transfers/address.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

/**
 * What may go between this site and another one, at a member's word (FXP): what this site sends
 * (`download`), what it takes (`upload`), both or nothing.
 */
export const FXP_POLICIES = ['none', 'download', 'upload', 'both'] as const
export type FxpPolicy = (typeof FXP_POLICIES)[number]

/** The policy for one member: what the settings let anybody do, as far as the rights let this one. */
export function narrowed(
  policy: FxpPolicy,
  may: { readonly upload: boolean; readonly download: boolean },
): FxpPolicy {
  const upload = may.upload && mayBeForeign(policy, 'upload')
  const download = may.download && mayBeForeign(policy, 'download')
  if (upload && download) return 'both'
  if (upload) return 'upload'
  return download ? 'download' : 'none'
}

/** Whether the other end of a transfer may be another machine than the client's own. */
export function mayBeForeign(policy: FxpPolicy, direction: TransferPlan['direction']): boolean {
  return direction !== 'listing' && (policy === 'both' || policy === direction)
}

/**
 * RFC 2577 section 3: the site must not be sent to machines that the client itself could not
 * reach. Beside the client's own address those are the public ones, and those of the kind of
 * network that the client is in.
 */
export function isReachableFor(client: string, target: string): boolean {
  if (isSameAddress(client, target)) return true
  if (!ipaddr.isValid(target) || !ipaddr.isValid(client)) return false
  const kind = ipaddr.process(target).range()
  if (kind === 'unicast') return true
  return (
    (kind === 'private' || kind === 'loopback' || kind === 'uniqueLocal') &&
    kind === rangeOf(client)
  )
}

function rangeOf(address: string): string {
  return ipaddr.process(address).range()
}
