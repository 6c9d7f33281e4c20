import type { Clock } from '#events/clock.ts'

import { RecentMap } from '#gateways/kernel/recent-map.ts'
import { createTokenBucket, type TokenBucket } from '#gateways/kernel/token-bucket.ts'
import { networkOf } from '#gateways/members/network.ts'

/** How fast one address may open connections. Each of them is two facts for ever. */
export interface ConnectionRateLimits {
  /** Connections that a quiet address may open at once. */
  readonly burst: number
  readonly perMinute: number
  /** Programs of this machine and a proxy on it are not held back. */
  readonly isLoopbackExempt: boolean
}

export const DEFAULT_CONNECTION_RATE: ConnectionRateLimits = {
  burst: 60,
  perMinute: 60,
  isLoopbackExempt: true,
}

export interface ConnectionRate {
  /** Whether this address may open one more connection now, which then counts. */
  admits(address: string): boolean
}

/** Networks remembered at a time; the one not heard of for longest is forgotten. */
const NETWORKS = 50_000

export function createConnectionRate(
  clock: Clock,
  limits: Partial<ConnectionRateLimits> = {},
): ConnectionRate {
  const { burst, perMinute, isLoopbackExempt } = { ...DEFAULT_CONNECTION_RATE, ...limits }
  const buckets = new RecentMap<string, TokenBucket>(NETWORKS)
  return {
    admits(address) {
      const network = networkOf(address)
      if (isLoopbackExempt && isLoopback(network)) return true
      let bucket = buckets.get(network)
      if (!bucket) {
        bucket = createTokenBucket(clock, { burst, perSecond: perMinute / 60 })
        buckets.set(network, bucket)
      }
      return bucket.take() === 0
    },
  }
}

/** The networks of 127.0.0.0/8 and of ::1. */
function isLoopback(network: string): boolean {
  return network.startsWith('127.') || network === '0:0:0:0::/64'
}
