import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const bytes = z.number().int().nonnegative()

/** A connection is one client's session with one gateway. */
export const connectionFacts = {
  'connection.opened': fact(
    1,
    z.object({
      gateway: z.enum(['ftp', 'irc', 'ws']),
      /** `address:port`, IPv6 in brackets. */
      remote: z.string(),
      /** Which process holds the socket. */
      node: z.string(),
    }),
  ),
  'connection.secured': fact(1, z.object({ protocol: z.string(), cipher: z.string() })),
  'connection.authenticated': fact(1, z.object({ account: z.string(), group: z.string() })),
  /** A download has ended, whole or not: what was sent of the file is counted. */
  'connection.file-sent': fact(
    1,
    z.object({
      race: z.string(),
      file: z.string(),
      sizeBytes: bytes,
      durationMs: z.number().nonnegative(),
      isWhole: z.boolean(),
    }),
  ),
  'connection.closed': fact(
    1,
    z.object({
      reason: z.string(),
      receivedBytes: bytes,
      sentBytes: bytes,
      durationMs: z.number().nonnegative(),
    }),
  ),
}

export type ConnectionFact = FactOf<typeof connectionFacts>
export type ConnectionDecided = DecidedOf<typeof connectionFacts>
