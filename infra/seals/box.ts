import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

/** Fresh random bytes. */
export type Random = (sizeBytes: number) => Buffer

export const systemRandom: Random = (sizeBytes) => randomBytes(sizeBytes)

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts with AES-256-GCM under a random nonce: `<nonce>.<ciphertext and tag>`, base64url.
 * One key may do so 2^32 times (NIST SP 800-38D section 8.3). `context` is what the text belongs
 * to; it opens with the same context alone.
 */
export function closeBox(
  key: KeyObject,
  context: readonly string[],
  plain: Buffer,
  random: Random,
): string {
  const nonce = random(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(encodeContext(context))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `${nonce.toString('base64url')}.${body.toString('base64url')}`
}

/** Throws for text that `closeBox` did not make with this key and this context. */
export function openBox(key: KeyObject, context: readonly string[], box: string): Buffer {
  const [nonceText = '', bodyText = '', ...more] = box.split('.')
  const nonce = decodeExactly(nonceText)
  const body = decodeExactly(bodyText)
  if (more.length > 0 || nonce.length !== NONCE_BYTES || body.length < TAG_BYTES) {
    throw new Error('not a nonce and a ciphertext')
  }
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(encodeContext(context))
  decipher.setAuthTag(body.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()])
}

/** Base64url in its one canonical spelling: Node's decoder skips what it does not know. */
export function decodeExactly(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Error('not base64url')
  return bytes
}

// As JSON, so that no two lists of names run together to one.
const encodeContext = (context: readonly string[]): Buffer => Buffer.from(JSON.stringify(context))
