import type { BucketOptions } from '#infra/nats/nats-key-value.ts'

/** Who runs what. Values are kept until they are removed; a server that restarts still has them. */
const leases: BucketOptions = { bucket: 'veza-leases' }

/** Who is there now. Each is written again and again while it lasts, and vanishes when it is not. */
const presence: BucketOptions = { bucket: 'veza-presence', ttlMs: 60_000, storage: 'memory' }

/**
 * What members have used of their budgets, a key a member, and for ten minutes after a sign of
 * spam that their limits are tightened. The longest window that a limit may have is the time
 * after which a record that nobody writes vanishes.
 */
const rateLimits: BucketOptions = {
  bucket: 'veza-rate-limits',
  ttlMs: 15 * 60_000,
  storage: 'memory',
}

/**
 * The buckets that a cluster shares. A key cannot have a time to live of its own in nats-server
 * 2.9 and 2.10, a bucket can.
 */
export const BUCKETS = { leases, presence, rateLimits } as const
