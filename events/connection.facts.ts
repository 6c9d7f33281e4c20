import { z } from 'zod'

import { type DecidedOf, fact, type FactOf, type Upcaster } from '#events/define-facts.ts'

const bytes = z.number().int().nonnegative()

/** `http`: a visit, which is the requests of one member by one proof; `control`: the command line. */
export const gatewayName = z.enum(['ftp', 'irc', 'ws', 'http', 'control'])
export type GatewayName = z.output<typeof gatewayName>

const isNoRemote = ([name]: readonly [string, unknown]): boolean => name !== 'remote'

/** What is no record is left as it is: it cannot be folded, and must not stop who reads on. */
function lifting(lift: (data: Readonly<Record<string, unknown>>) => object): Upcaster {
  return (data) =>
    typeof data === 'object' && data !== null ? lift(data as Record<string, unknown>) : data
}

/** A connection is one client's session with one gateway. */
export const connectionFacts = {
  /**
   * Says nothing of the client's address: that is personal, and whose it is is not known yet.
   * Shape 1 had it.
   */
  'connection.opened': fact(
    2,
    z.object({
      gateway: gatewayName,
      /** Which process holds the socket. */
      node: z.string(),
    }),
    {
      1: lifting((data) => Object.fromEntries(Object.entries(data).filter(isNoRemote))),
    },
  ),
  'connection.secured': fact(1, z.object({ protocol: z.string(), cipher: z.string() })),
  'connection.authenticated': fact(
    2,
    z.object({
      account: z.string(),
      group: z.string(),
      /** `password`, `token:<id>`, `scram`, `access-token:<session>` … */
      method: z.string(),
      /** `address:port`, sealed with the account's key (field `remote`); null: not known. */
      remote: z.string().nullable(),
    }),
    { 1: lifting((data) => ({ ...data, method: 'password', remote: null })) },
  ),
  /** A download has ended, whole or not: what was sent of the file is counted. */
  'connection.file-sent': fact(
    2,
    z.object({
      race: z.string(),
      file: z.string(),
      sizeBytes: bytes,
      durationMs: z.number().nonnegative(),
      isWhole: z.boolean(),
      /** Shape 1 did not say: all counted. */
      inStatistics: z.boolean(),
    }),
    { 1: lifting((data) => ({ ...data, inStatistics: true })) },
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
