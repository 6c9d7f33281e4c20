import { randomBytes } from 'node:crypto'

import { generateSecret, generateURI, verifySync } from 'otplib'

import type { OneTimeCodes } from '#events/one-time-codes.ts'

import { findRecoveryCode, hashOf, recoveryCodeOf } from '#infra/totp/recovery-codes.ts'

const PERIOD_S = 30
/** RFC 4226 section 4, requirement 6, recommends 160 bits. */
const SECRET_BYTES = 20
const RECOVERY_CODES = 10

/** Six digits, SHA-1, 30 s: what every authenticator knows (RFC 6238 with its default figures). */
export function createTotpCodes(
  options: { random?: (bytes: number) => Buffer } = {},
): OneTimeCodes {
  const { random = randomBytes } = options
  return {
    newSecret: () => generateSecret({ length: SECRET_BYTES }),
    // The address's format has colons as separators only.
    uri: (account, issuer, secret) =>
      generateURI({ label: withoutColons(account), issuer: withoutColons(issuer), secret }),
    verify(secret, code, atMs, lastStep = -1) {
      const token = code.replaceAll(' ', '')
      const epoch = Math.floor(atMs / 1_000)
      // After a clock was set back the last step may lie ahead: nothing passes until it is over.
      const isAllUsed = lastStep > Math.floor(epoch / PERIOD_S)
      if (!/^\d{6}$/.test(token) || isAllUsed) return undefined
      const result = verifySync({
        secret,
        token,
        epoch,
        epochTolerance: PERIOD_S,
        ...(lastStep >= 0 && { afterTimeStep: lastStep }),
      })
      return result.valid && 'timeStep' in result ? result.timeStep : undefined
    },
    newRecoveryCodes() {
      const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCodeOf(random(10)))
      return { codes, hashes: codes.map(hashOf) }
    },
    findRecoveryCode,
  }
}

const withoutColons = (text: string) => text.replaceAll(':', ' ')
