import {
  PRESENCE_REFUSALS,
  type PresenceCommand,
  type PresenceContext,
} from '#actors/presence/presence.commands.ts'
import type { ActorRef } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { Member } from '#gateways/kernel/login.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'

/**
 * glFTPd's `USER !name`: a client that lost its connection ends what the server still takes for
 * it, before it counts against the member's logins. The password has been right.
 */
export async function endGhosts(
  { host, connection }: CommandSession,
  member: Member,
): Promise<void> {
  const presence: ActorRef = { kind: 'presence', id: member.id }
  const { connections } = (await host.state<PresenceContext>(presence)).context
  for (const [id, { gateway }] of Object.entries(connections)) {
    if (gateway !== 'ftp' || id === connection.id) continue
    const command: PresenceCommand = { type: 'presence.dismiss', connection: id, reason: 'ghost' }
    const context = { ...connection.context(), by: member.id, flags: member.flags }
    try {
      await host.send(presence, command, context)
    } catch (cause) {
      // It has gone by itself meanwhile.
      const isGone = cause instanceof Refusal && cause.code === PRESENCE_REFUSALS.noSuchConnection
      if (!isGone) throw cause
    }
  }
}
