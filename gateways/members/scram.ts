import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

import type { ScramKeys } from '#events/vault.ts'

const SALT_BYTES = 16

/** Keys that no proof fits, for a name that nobody has; they look like those of the others. */
export function decoyKeys(secret: Buffer, name: string, iterations: number): ScramKeys {
  const salt = hmac(secret, `salt:${name.toLowerCase()}`).subarray(0, SALT_BYTES)
  const key = hmac(secret, `key:${name.toLowerCase()}`).toString('base64')
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: key,
    serverKey: key,
  }
}

/** RFC 5802 section 3: the proof is the client's key under its signature; we keep the key's hash. */
export function isScramProof(keys: ScramKeys, authMessage: string, proof: string): boolean {
  const storedKey = Buffer.from(keys.storedKey, 'base64')
  const signature = hmac(storedKey, authMessage)
  const given = Buffer.from(proof, 'base64')
  if (given.length !== signature.length) return false
  const clientKey = given.map((byte, at) => byte ^ signature[at]!)
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)
}

/** In base64: what tells the client that this server knows its keys. */
export function serverSignatureOf(keys: ScramKeys, authMessage: string): string {
  return hmac(Buffer.from(keys.serverKey, 'base64'), authMessage).toString('base64')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
