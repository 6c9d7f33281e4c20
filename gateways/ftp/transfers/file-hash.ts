import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import type { SiteFile } from '#events/site-files.ts'

/** Names of the IANA registry of hash function text names, and CRC32. */
export const HASH_NAMES = ['SHA-256', 'SHA-512', 'SHA-1', 'MD5', 'CRC32'] as const
export type HashName = (typeof HASH_NAMES)[number]

interface Digest {
  add(bytes: Buffer): void
  /** Lower-case hexadecimal. */
  text(): string
}

const DIGESTS: Readonly<Record<HashName, () => Digest>> = {
  'SHA-256': () => cryptographic('sha256'),
  'SHA-512': () => cryptographic('sha512'),
  'SHA-1': () => cryptographic('sha1'),
  MD5: () => cryptographic('md5'),
  CRC32: cyclic,
}

const READ_BYTES = 1024 * 1024

/**
 * The checksum of the bytes from `from` up to, not including, `to`. Undefined when it was given
 * up. The file stays open.
 */
export async function hashOf(
  file: SiteFile,
  name: HashName,
  { from, to }: { readonly from: number; readonly to: number },
  isGivenUp: () => boolean,
): Promise<string | undefined> {
  const digest = DIGESTS[name]()
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, to - from)))
  for (let at = from; at < to;) {
    const bytes = await file.read(buffer.subarray(0, Math.min(buffer.length, to - at)), at)
    if (isGivenUp()) return undefined
    if (bytes === 0) break
    digest.add(buffer.subarray(0, bytes))
    at += bytes
  }
  return digest.text()
}

function cryptographic(algorithm: string): Digest {
  const hash = createHash(algorithm)
  return { add: (bytes) => void hash.update(bytes), text: () => hash.digest('hex') }
}

function cyclic(): Digest {
  let sum = 0
  return {
    add(bytes) {
      sum = crc32(bytes, sum)
    },
    text: () => sum.toString(16).padStart(8, '0'),
  }
}
