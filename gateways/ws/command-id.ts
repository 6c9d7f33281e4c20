import { createHash } from 'node:crypto'

/** The namespace of the names below (RFC 9562 section 5.5); made up once. */
const NAMESPACE = Buffer.from('8c1fd2a65e7b4f0d9a3c0b6e2d417f58', 'hex')

/**
 * The id of the command that a member's nonce stands for, a UUID of version 5. The same
 * message sent again, by whatever connection, is then the same command and has one effect.
 */
export function commandIdOf(member: string, room: string, nonce: string): string {
  const hash = createHash('sha1')
    .update(NAMESPACE)
    .update(JSON.stringify([member, room, nonce]))
    .digest()
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}
