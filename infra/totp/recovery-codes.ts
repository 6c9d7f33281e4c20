import { createHash, timingSafeEqual } from 'node:crypto'

/** Base32 as Crockford has it, in small letters: without i, l, o and u, that are mistaken. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'
const CODE = /^[0-9a-hjkmnp-tv-z]{16}$/

/** 80 bits as `xxxx-xxxx-xxxx-xxxx`. */
export function recoveryCodeOf(bytes: Buffer): string {
  if (bytes.length !== 10) throw new RangeError('a recovery code has 10 bytes')
  let bits = BigInt(`0x${bytes.toString('hex')}`)
  let code = ''
  for (let n = 0; n < 16; n++) {
    code = LETTERS[Number(bits & 31n)]! + code
    bits >>= 5n
  }
  return code.replaceAll(/(.{4})(?=.)/g, '$1-')
}

/** 80 random bits cannot be tried one by one, so a fast hash is enough. */
export function hashOf(code: string): string {
  return createHash('sha256').update(plain(code)).digest('hex')
}

/** Compares with every hash, so that the time says nothing of which one it was. */
export function findRecoveryCode(hashes: readonly string[], code: string): number | undefined {
  if (code.length > 100 || !CODE.test(plain(code))) return undefined
  const hash = Buffer.from(hashOf(code), 'hex')
  let found: number | undefined
  for (const [index, other] of hashes.entries()) {
    const bytes = Buffer.from(other, 'hex')
    if (bytes.length === hash.length && timingSafeEqual(bytes, hash)) found = index
  }
  return found
}

/** As typed by a person: in any case, spaced anyhow, with the letters that are mistaken. */
function plain(code: string): string {
  return code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
}
