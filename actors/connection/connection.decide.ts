import {
  CONNECTION_REFUSALS,
  type ConnectionCommand,
  type ConnectionContext,
} from '#actors/connection/connection.commands.ts'
import type { Deadline, DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { ConnectionDecided } from '#events/connection.facts.ts'
import { Refusal } from '#events/refusal.ts'

/** A client that has not logged in after so long is sent away. */
export const LOGIN_WITHIN_MS = 60_000

export function connectionDeadline(
  state: ActorState<ConnectionContext>,
): Deadline<ConnectionCommand> | undefined {
  if (state.value !== 'anonymous') return undefined
  return {
    at: state.context.openedAtMs + LOGIN_WITHIN_MS,
    command: { type: 'connection.expire' },
  }
}

export function decideConnection(
  state: ActorState<ConnectionContext>,
  command: ConnectionCommand,
  env: DecideEnv,
): ConnectionDecided[] {
  if (command.type === 'connection.open') {
    if (state.value !== 'absent') {
      throw new Refusal(CONNECTION_REFUSALS.alreadyOpen, 'This connection is open already.')
    }
    const { gateway, node } = command
    return [{ type: 'connection.opened', data: { gateway, node } }]
  }
  const durationMs = env.now - state.context.openedAtMs
  if (state.value === 'closed' || state.value === 'absent') {
    if (command.type === 'connection.close' || command.type === 'connection.expire') return []
    throw new Refusal(CONNECTION_REFUSALS.connectionClosed, 'This connection is closed.')
  }
  switch (command.type) {
    case 'connection.secure': {
      const { protocol, cipher } = command
      return [{ type: 'connection.secured', data: { protocol, cipher } }]
    }
    case 'connection.authenticate': {
      const { account, group, method, remote } = command
      if (state.value === 'authenticated') {
        throw new Refusal(CONNECTION_REFUSALS.alreadyOpen, 'You are logged in already.')
      }
      return [{ type: 'connection.authenticated', data: { account, group, method, remote } }]
    }
    case 'connection.record-download': {
      if (state.value !== 'authenticated') {
        throw new Refusal(CONNECTION_REFUSALS.notLoggedIn, 'Nobody is logged in here.')
      }
      const { race, file, sizeBytes, durationMs: sendMs, isWhole } = command
      const inStatistics = command.isOutsideStatistics !== true
      return [
        {
          type: 'connection.file-sent',
          data: { race, file, sizeBytes, durationMs: sendMs, isWhole, inStatistics },
        },
      ]
    }
    case 'connection.close': {
      const { reason, receivedBytes, sentBytes } = command
      return [{ type: 'connection.closed', data: { reason, receivedBytes, sentBytes, durationMs } }]
    }
    case 'connection.expire':
      if (state.value === 'authenticated') return []
      return [
        {
          type: 'connection.closed',
          data: { reason: 'login-timeout', receivedBytes: 0, sentBytes: 0, durationMs },
        },
      ]
  }
}
