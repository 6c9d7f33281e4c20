import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { LogDamaged } from '#infra/log/log-damaged.ts'

/**
 * A record as it lies in the file: eight hexadecimal digits of a CRC-32 that begins with the
 * position and covers the rest; 43 characters of the chain's hash at this position; the body. A
 * record that has been compacted away leaves `~` and the hash of its body in the body's place.
 *
 * The chain: hash(n) = SHA-256(hash(n-1) + " " + n + " " + SHA-256(body(n))), every hash in
 * base64url without padding, and hash(0) = SHA-256(the log's id). The text forms are chosen
 * because Node hashes text to text three times as fast as it fills a new buffer.
 */
export type SealedRecord = string

/** A position in the chain of hashes. */
export interface ChainEnd {
  readonly position: number
  readonly hash: string
}

/** What is left of a record: its body, or, where it has been compacted away, its body's hash. */
export interface Unsealed {
  readonly hash: string
  readonly body?: string
  readonly bodyHash?: string
}

const CRC_LENGTH = 8
const BODY_AT = CRC_LENGTH + 43
const STUB_MARK = '~'

export function chainStart(logId: string): ChainEnd {
  return { position: 0, hash: digest(logId) }
}

/** The hash that follows `previous` for a body at a position. */
export function nextHash(previous: string, position: number, bodyHash: string): string {
  return digest(`${previous} ${position} ${bodyHash}`)
}

export function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

export function seal(position: number, chainHash: string, body: string): SealedRecord {
  return checksum(position, chainHash, body) + chainHash + body
}

/** What a record leaves behind when it is compacted away. */
export function sealStub(position: number, chainHash: string, bodyHash: string): SealedRecord {
  return seal(position, chainHash, STUB_MARK + bodyHash)
}

function checksum(position: number, chainHash: string, rest: string): string {
  return eightDigits(crc32(chainHash + rest, position % 0x1_0000_0000))
}

/** Of every byte, because V8 is slow to write numbers beyond 31 bits: 12 ns in place of 160. */
const TWO_DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function eightDigits(value: number): string {
  return (
    TWO_DIGITS[value >>> 24]! +
    TWO_DIGITS[(value >>> 16) & 0xff]! +
    TWO_DIGITS[(value >>> 8) & 0xff]! +
    TWO_DIGITS[value & 0xff]!
  )
}

/** Throws `LogDamaged` unless the record is the one that was written at this position. */
export function unseal(position: number, sealed: SealedRecord): Unsealed {
  const chainHash = sealed.slice(CRC_LENGTH, BODY_AT)
  const rest = sealed.slice(BODY_AT)
  if (rest === '' || sealed.slice(0, CRC_LENGTH) !== checksum(position, chainHash, rest)) {
    throw new LogDamaged(position, 'checksum', 'its checksum is wrong')
  }
  return rest.startsWith(STUB_MARK)
    ? { hash: chainHash, bodyHash: rest.slice(STUB_MARK.length) }
    : { hash: chainHash, body: rest }
}

/** Throws `LogDamaged` when the record does not follow the one before it. Answers the new end. */
export function follow(end: ChainEnd, position: number, unsealed: Unsealed): ChainEnd {
  const bodyHash = unsealed.bodyHash ?? digest(unsealed.body!)
  if (nextHash(end.hash, position, bodyHash) !== unsealed.hash) {
    throw new LogDamaged(position, 'link', 'it is not what followed the record before it')
  }
  return { position, hash: unsealed.hash }
}
