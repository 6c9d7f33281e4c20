import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const moment = z.number().int().nonnegative()

/** By what a member is in: open connections, and sessions that refresh tokens keep. */
export const presenceFacts = {
  /** `network` is a keyed tag of the address, for the limit on logins of one address. */
  'presence.entered': fact(
    1,
    z.object({
      connection: z.string(),
      gateway: z.string(),
      network: z.string(),
      /** By what: `password`, `session:<id>`, `token:<id>` …; the connection goes when that does. */
      proof: z.string(),
    }),
  ),
  'presence.left': fact(1, z.object({ connection: z.string() })),
  /** The connection has to go: whoever holds it closes it. */
  'presence.dismissed': fact(1, z.object({ connection: z.string(), reason: z.string() })),
  'presence.session-opened': fact(
    1,
    z.object({
      session: z.string(),
      /** How the member proved who they are. */
      method: z.enum(['password', 'oidc']),
      /** Whether a second factor was given. */
      mfa: z.boolean(),
      /** Of the password that was current: a session ends with it. */
      credential: z.string(),
      /** SHA-256 of the refresh token, which is 256 random bits. */
      token: z.string(),
      /** The address, sealed with the account's key; null when it is not known. */
      remote: z.string().nullable(),
      expiresAt: moment,
    }),
  ),
  'presence.session-refreshed': fact(
    1,
    z.object({ session: z.string(), token: z.string(), expiresAt: moment }),
  ),
  /** A refresh token came a second time: it has been stolen, or its thief has refreshed. */
  'presence.token-reused': fact(1, z.object({ session: z.string() })),
  'presence.session-ended': fact(1, z.object({ session: z.string(), reason: z.string() })),
}

export type PresenceFact = FactOf<typeof presenceFacts>
export type PresenceDecided = DecidedOf<typeof presenceFacts>
