import { z } from 'zod'

import { gatewayName } from '#events/connection.facts.ts'

const bytes = z.number().int().nonnegative()

export const connectionCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('connection.open'),
    gateway: gatewayName,
    node: z.string(),
  }),
  z.object({ type: z.literal('connection.secure'), protocol: z.string(), cipher: z.string() }),
  z.object({
    type: z.literal('connection.authenticate'),
    account: z.string(),
    group: z.string(),
    method: z.string().max(100),
    /** Sealed with the account's key. */
    remote: z.string().max(1_024).nullable(),
  }),
  z.object({
    type: z.literal('connection.record-download'),
    race: z.string(),
    file: z.string(),
    sizeBytes: bytes,
    durationMs: z.number().nonnegative(),
    isWhole: z.boolean(),
    /** It does not count in the statistics (glFTPd: nostats). */
    isOutsideStatistics: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('connection.close'),
    reason: z.string().max(200),
    receivedBytes: bytes,
    sentBytes: bytes,
  }),
  /** The deadline for logging in has passed: the host's own command. */
  z.object({ type: z.literal('connection.expire') }),
])

export type ConnectionCommand = z.output<typeof connectionCommands>

export const CONNECTION_REFUSALS = {
  connectionClosed: 'connection-closed',
  alreadyOpen: 'already-open',
  notLoggedIn: 'not-logged-in',
} as const

/** What a connection remembers. */
export interface ConnectionContext {
  gateway: string
  openedAtMs: number
  account: string
  isSecured: boolean
}
