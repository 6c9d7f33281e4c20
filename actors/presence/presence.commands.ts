import { z } from 'zod'

import { isPlainKey } from '#events/records.ts'

const id = z.string().min(1).max(64).refine(isPlainKey, 'not a name that can be kept')
const reason = z.string().max(200)
const moment = z.number().int().nonnegative()
const tokenHash = z.string().regex(/^[\w-]{43}$/)
const limit = z.number().int().nonnegative().nullable()

export const presenceCommands = z.discriminatedUnion('type', [
  /**
   * A connection logs in. Refused with `too-many-logins` at a limit: the member's own, as the
   * account has them, at this moment. `exempt`: glFTPd's flag 4.
   */
  z.object({
    type: z.literal('presence.enter'),
    connection: id,
    gateway: id,
    network: id,
    proof: z.string().max(100),
    loginsMax: limit,
    loginsPerAddressMax: limit,
    isExempt: z.boolean(),
  }),
  /** Changes nothing when the connection is not here. */
  z.object({ type: z.literal('presence.leave'), connection: id }),
  /** The oldest session ends where there are too many. */
  z.object({
    type: z.literal('presence.open-session'),
    session: z.uuid(),
    method: z.enum(['password', 'oidc']),
    mfa: z.boolean(),
    credential: z.string(),
    token: tokenHash,
    remote: z.string().max(1_024).nullable(),
    expiresAt: moment,
  }),
  /**
   * `token` must be the session's current one; it is replaced by `next`. An older one of the same
   * session ends it (facts `token-reused`, `session-ended`) and no tokens are given: the caller
   * sees by the receipt's facts. `credential` is the account's current one: another one than the
   * session's ends it too, and so does a time that is over. Refused with `no-such-session` when there is none (any more).
   */
  z.object({
    type: z.literal('presence.refresh-session'),
    session: z.uuid(),
    token: tokenHash,
    next: tokenHash,
    credential: z.string(),
    expiresAt: moment,
  }),
  z.object({ type: z.literal('presence.end-session'), session: z.uuid(), reason }),
  /** Ends every session and dismisses every connection; `except`: of them, one that stays. */
  z.object({ type: z.literal('presence.end-all'), reason, except: id.optional() }),
  /** The connection does not count from then on. */
  z.object({ type: z.literal('presence.dismiss'), connection: id, reason }),
  /** Dismisses every connection that came in by a proof that is good no longer. */
  z.object({ type: z.literal('presence.dismiss-proof'), proof: z.string().max(100), reason }),
  /** The host's own: sessions whose time is over. */
  z.object({ type: z.literal('presence.expire') }),
])

export type PresenceCommand = z.output<typeof presenceCommands>

export const PRESENCE_REFUSALS = {
  /** Fields `limit`, `of`: `member` or `address`. */
  tooManyLogins: 'too-many-logins',
  noSuchSession: 'no-such-session',
  noSuchConnection: 'no-such-connection',
} as const

export const PRESENCE_LIMITS = { sessions: 50, connections: 1_000 } as const

export interface OpenSession {
  method: 'password' | 'oidc'
  mfa: boolean
  credential: string
  token: string
  remote: string | null
  openedAtMs: number
  refreshedAtMs: number
  expiresAtMs: number
}

/** State value: `open` from the beginning. */
export interface PresenceContext {
  connections: Record<string, { gateway: string; network: string; proof: string; sinceMs: number }>
  sessions: Record<string, OpenSession>
}
