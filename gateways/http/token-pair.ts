import { z } from 'zod'

import { memberRole } from '#events/account.facts.ts'
import type { TokenPair } from '#gateways/members/sessions.ts'

/** What a login and a refresh answer, in the shape of the chat server's. */
export const tokenPairShape = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    /** Seconds for which the access token is good. */
    expires_in: z.number().int().positive(),
    user: z.object({ id: z.string(), username: z.string(), role: memberRole }),
  })
  .meta({ id: 'TokenPair' })

export function renderTokenPair(pair: TokenPair): z.output<typeof tokenPairShape> {
  const { id, name, role } = pair.member
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'Bearer',
    expires_in: pair.expiresInSeconds,
    user: { id, username: name, role },
  }
}
