import { randomFillSync } from 'node:crypto'

import type { Clock, Ids } from '#events/clock.ts'

const POOL_BYTES = 8 * 512

/**
 * UUIDs of version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 12 bits that count
 * up within a millisecond, then 62 random bits. They sort by the order in which they were made.
 */
export function createUuidV7(clock: Clock): Ids {
  const pool = Buffer.allocUnsafe(POOL_BYTES)
  let offset = POOL_BYTES
  let lastMs = 0
  let counter = 0

  return {
    next() {
      const now = clock.now()
      if (now > lastMs) {
        lastMs = now
        counter = 0
      } else if (++counter > 0xfff) {
        // More than 4,096 in a millisecond, or a clock set back: borrow from the next one.
        lastMs++
        counter = 0
      }
      if (offset === POOL_BYTES) {
        randomFillSync(pool)
        offset = 0
      }
      const time = lastMs.toString(16).padStart(12, '0')
      const random = pool.toString('hex', offset, offset + 8)
      const variant = ((pool[offset]! & 0x3f) | 0x80).toString(16)
      offset += 8
      return (
        `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}` +
        `-${variant}${random.slice(2, 4)}-${random.slice(4)}`
      )
    },
  }
}
