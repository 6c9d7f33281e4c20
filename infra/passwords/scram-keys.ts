import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

import type { ScramKeys } from '#events/vault.ts'

/** RFC 7677 section 4: at least so many. */
export const SCRAM_ITERATIONS_MIN = 4096

/** Of a prepared password (RFC 5802 section 3). Takes milliseconds: not for the main thread. */
export function deriveScramKeys(prepared: string, salt: Buffer, iterations: number): ScramKeys {
  if (iterations < SCRAM_ITERATIONS_MIN) {
    throw new RangeError(`SCRAM-SHA-256 needs ${SCRAM_ITERATIONS_MIN} iterations at least`)
  }
  const salted = pbkdf2Sync(prepared, salt, iterations, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: createHash('sha256').update(clientKey).digest('base64'),
    serverKey: createHmac('sha256', salted).update('Server Key').digest('base64'),
  }
}
