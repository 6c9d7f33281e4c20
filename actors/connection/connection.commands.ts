import { z } from 'zod'

const bytes = z.number().int().nonnegative()

export const connectionCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('connection.open'),
    gateway: z.enum(['ftp', 'irc', 'ws']),
    remote: z.string().max(64),
    node: z.string(),
  }),
  z.object({ type: z.literal('connection.secure'), protocol: z.string(), cipher: z.string() }),
  z.object({ type: z.literal('connection.authenticate'), account: z.string(), group: z.string() }),
  z.object({
    type: z.literal('connection.record-download'),
    race: z.string(),
    file: z.string(),
    sizeBytes: bytes,
    durationMs: z.number().nonnegative(),
    isWhole: z.boolean(),
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
