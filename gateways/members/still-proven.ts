import type { AccountContext } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { PresenceContext } from '#actors/presence/presence.commands.ts'
import type { AccessClaims } from '#events/tokens.ts'

import type { Member } from '#gateways/kernel/login.ts'

const TOKEN = 'token:'
const SESSION = 'session:'

/** What of a member says by what they came in. */
export type Proven = Pick<Member, 'id' | 'method' | 'credential'>

/** What an access token was given for. */
export function provenBy({ sub, sid, cred }: AccessClaims): Proven {
  return { id: sub, method: `${SESSION}${sid}`, credential: cred }
}

/**
 * Whether that by which a member has proved who they are is good still: the password is the one
 * of then, the API token is not revoked, the session is open. What takes it away ends all that
 * came in by it; this is for what was on its way in at that moment.
 */
export async function isStillProven(
  host: Pick<ActorHost, 'state'>,
  { id, method, credential }: Proven,
): Promise<boolean> {
  const { context } = await host.state<AccountContext>({ kind: 'account', id })
  if (context.credential !== credential) return false
  if (method.startsWith(TOKEN)) return Object.hasOwn(context.tokens, method.slice(TOKEN.length))
  if (!method.startsWith(SESSION)) return true
  const presence = await host.state<PresenceContext>({ kind: 'presence', id })
  return Object.hasOwn(presence.context.sessions, method.slice(SESSION.length))
}
