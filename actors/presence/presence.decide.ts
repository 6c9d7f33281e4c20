import type { Deadline, DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  type OpenSession,
  PRESENCE_LIMITS,
  PRESENCE_REFUSALS,
  type PresenceCommand,
  type PresenceContext,
} from '#actors/presence/presence.commands.ts'
import type { PresenceDecided } from '#events/presence.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type CommandOf<T extends PresenceCommand['type']> = Extract<PresenceCommand, { type: T }>
type Decide<T extends PresenceCommand['type']> = (
  presence: Readonly<PresenceContext>,
  command: CommandOf<T>,
  env: DecideEnv,
) => PresenceDecided[]

const decisions: { [T in PresenceCommand['type']]: Decide<T> } = {
  'presence.enter': enter,
  'presence.leave': ({ connections }, { connection }) =>
    entryOf(connections, connection) ? [{ type: 'presence.left', data: { connection } }] : [],
  'presence.open-session': openSession,
  'presence.refresh-session': refreshSession,
  'presence.end-session': ({ sessions }, { session, reason }) => {
    if (!entryOf(sessions, session)) throw noSuchSession()
    return [ended(session, reason)]
  },
  'presence.end-all': ({ connections, sessions }, { reason, except }) => [
    ...others(sessions, except).map((session) => ended(session, reason)),
    ...others(connections, except).map((connection) => dismissed(connection, reason)),
  ],
  'presence.dismiss': ({ connections }, { connection, reason }) => {
    if (entryOf(connections, connection)) return [dismissed(connection, reason)]
    throw new Refusal(PRESENCE_REFUSALS.noSuchConnection, 'That connection is not here.')
  },
  'presence.dismiss-proof': ({ connections }, { proof, reason }) =>
    provenBy(connections, proof).map((connection) => dismissed(connection, reason)),
  'presence.expire': ({ sessions }, _, { now }) =>
    Object.entries(sessions)
      .filter(([, { expiresAtMs }]) => expiresAtMs <= now)
      .map(([session]) => ended(session, 'expired')),
}

export function decidePresence(
  { context }: ActorState<PresenceContext>,
  command: PresenceCommand,
  env: DecideEnv,
): PresenceDecided[] {
  const decide = decisions[command.type] as Decide<PresenceCommand['type']>
  return withConnections(context, decide(context, command, env))
}

/** With a session go the connections that came in by its access token. */
function withConnections(
  { connections }: Readonly<PresenceContext>,
  facts: PresenceDecided[],
): PresenceDecided[] {
  const going = new Set(
    facts.flatMap((fact) => (fact.type === 'presence.dismissed' ? [fact.data.connection] : [])),
  )
  const more = facts.flatMap((fact) => {
    if (fact.type !== 'presence.session-ended') return []
    const { session, reason } = fact.data
    return provenBy(connections, `session:${session}`)
      .filter((connection) => !going.has(connection))
      .map((connection) => dismissed(connection, reason))
  })
  return [...facts, ...more]
}

function provenBy(connections: PresenceContext['connections'], proof: string): string[] {
  return Object.entries(connections).flatMap(([id, each]) => (each.proof === proof ? [id] : []))
}

/** When the first session's time is over. */
export function presenceDeadline({
  context,
}: ActorState<PresenceContext>): Deadline<PresenceCommand> | undefined {
  let at = Number.POSITIVE_INFINITY
  for (const { expiresAtMs } of Object.values(context.sessions)) at = Math.min(at, expiresAtMs)
  return at === Number.POSITIVE_INFINITY ? undefined : { at, command: { type: 'presence.expire' } }
}

function enter(
  { connections }: Readonly<PresenceContext>,
  command: CommandOf<'presence.enter'>,
): PresenceDecided[] {
  const { connection, gateway, network, proof } = command
  const { loginsMax, loginsPerAddressMax, isExempt } = command
  if (entryOf(connections, connection)) return []
  const here = Object.values(connections)
  const fromThere = here.filter((other) => other.network === network)
  assertBelow(here.length, PRESENCE_LIMITS.connections, 'member')
  if (!isExempt) {
    assertBelow(here.length, loginsMax, 'member')
    assertBelow(fromThere.length, loginsPerAddressMax, 'address')
  }
  return [{ type: 'presence.entered', data: { connection, gateway, network, proof } }]
}

function assertBelow(count: number, limit: number | null, of: 'member' | 'address'): void {
  if (limit === null || count < limit) return
  const words = `There are ${limit} logins of this ${of} already.`
  throw new Refusal(PRESENCE_REFUSALS.tooManyLogins, words, { limit, of })
}

function openSession(
  { sessions }: Readonly<PresenceContext>,
  command: CommandOf<'presence.open-session'>,
): PresenceDecided[] {
  const { session, method, mfa, credential, token, remote, expiresAt } = command
  if (entryOf(sessions, session)) return []
  const data = { session, method, mfa, credential, token, remote, expiresAt }
  const opened: PresenceDecided = { type: 'presence.session-opened', data }
  const open = Object.entries(sessions)
  if (open.length < PRESENCE_LIMITS.sessions) return [opened]
  const oldest = open.reduce((one, other) => (openedAt(other) < openedAt(one) ? other : one))
  return [ended(oldest[0], 'too-many-sessions'), opened]
}

function openedAt([, { openedAtMs }]: readonly [string, OpenSession]): number {
  return openedAtMs
}

function refreshSession(
  { sessions }: Readonly<PresenceContext>,
  { session, token, next, credential, expiresAt }: CommandOf<'presence.refresh-session'>,
  { now }: DecideEnv,
): PresenceDecided[] {
  const open = entryOf(sessions, session)
  if (!open) throw noSuchSession()
  // The session's own clock comes before the token: an old token of an ended session is no theft.
  if (open.expiresAtMs <= now) return [ended(session, 'expired')]
  if (open.token !== token) {
    return [{ type: 'presence.token-reused', data: { session } }, ended(session, 'token-reused')]
  }
  if (open.credential !== credential) return [ended(session, 'password-changed')]
  return [{ type: 'presence.session-refreshed', data: { session, token: next, expiresAt } }]
}

function others(entries: Readonly<Record<string, unknown>>, except: string | undefined): string[] {
  return Object.keys(entries).filter((id) => id !== except)
}

function ended(session: string, reason: string): PresenceDecided {
  return { type: 'presence.session-ended', data: { session, reason } }
}

function dismissed(connection: string, reason: string): PresenceDecided {
  return { type: 'presence.dismissed', data: { connection, reason } }
}

function noSuchSession(): Refusal {
  return new Refusal(PRESENCE_REFUSALS.noSuchSession, 'There is no such session.')
}
