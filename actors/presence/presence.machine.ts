import { setup } from 'xstate'

import { changesOf } from '#actors/kernel/changes.ts'
import type { PresenceContext } from '#actors/presence/presence.commands.ts'
import type { PresenceFact } from '#events/presence.facts.ts'
import { entryOf } from '#events/records.ts'

const changes = changesOf<PresenceContext, PresenceFact>()({
  'presence.entered': (presence, { connection, gateway, network, proof }, { at }) => {
    presence.connections[connection] = { gateway, network, proof, sinceMs: at }
  },
  'presence.left': (presence, { connection }) => {
    delete presence.connections[connection]
  },
  'presence.dismissed': (presence, { connection }) => {
    delete presence.connections[connection]
  },
  'presence.session-opened': (presence, { session, expiresAt, ...rest }, { at }) => {
    presence.sessions[session] = {
      ...rest,
      openedAtMs: at,
      refreshedAtMs: at,
      expiresAtMs: expiresAt,
    }
  },
  'presence.session-refreshed': (presence, { session, token, expiresAt }, { at }) => {
    const open = entryOf(presence.sessions, session)
    if (!open) return
    presence.sessions[session] = { ...open, token, refreshedAtMs: at, expiresAtMs: expiresAt }
  },
  // The session's end is a fact of its own.
  'presence.token-reused': () => {},
  'presence.session-ended': (presence, { session }) => {
    delete presence.sessions[session]
  },
})

export const presenceMachine = setup({
  types: { context: {} as PresenceContext, events: {} as PresenceFact },
}).createMachine({
  id: 'presence',
  initial: 'open',
  context: (): PresenceContext => ({ connections: {}, sessions: {} }),
  states: { open: { on: changes } },
})
