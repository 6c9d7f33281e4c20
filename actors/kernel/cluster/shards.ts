import { createHash } from 'node:crypto'

/**
 * Actors are leased in groups: one lease an actor would be renewed a hundred thousand times a
 * second by a large site. The number is the same in every process of a cluster, for ever.
 */
export const SHARDS = 128

/** The lease under which an actor runs, by its stream's name: FNV-1a, 32 bits. */
export function shardOf(stream: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < stream.length; index++) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193)
  }
  return shardName((hash >>> 0) % SHARDS)
}

export function shardName(number: number): string {
  return `shard-${number}`
}

/**
 * Which of the members should hold a lease: the one with the highest hash of both names
 * (rendezvous hashing), so that a member's coming or going moves only its own share.
 */
export function wantedHolder(key: string, members: readonly string[]): string | undefined {
  let best: { member: string; score: string } | undefined
  for (const member of members) {
    const score = createHash('sha1').update(`${key}\n${member}`).digest('hex')
    if (!best || score > best.score) best = { member, score }
  }
  return best?.member
}
