import { defineProjection, partition } from '#projections/kernel/define-projection.ts'
import { put, remove, update } from '#projections/kernel/writes.ts'
import { apiTokens, openSessions } from '#projections/sessions/sessions.tables.ts'
import { idOf } from '#projections/stream-id.ts'

/** How `connection.authenticated` names the API token that a member came with. */
const BY_TOKEN = 'token:'

export const sessionsProjection = defineProjection({
  name: 'sessions',
  version: 1,
  tables: [openSessions, apiTokens],
  reads: {
    'account.forgotten': (fact) => [partition(apiTokens, idOf(fact))],
  },
  on: {
    'presence.session-opened': (fact) => {
      const { session, method, mfa, expiresAt: expires_at, remote } = fact.data
      const times = { opened_at: fact.meta.at, refreshed_at: fact.meta.at, expires_at }
      return [put(openSessions, { account: idOf(fact), session, method, mfa, ...times, remote })]
    },
    'presence.session-refreshed': (fact) => {
      const { session, expiresAt: expires_at } = fact.data
      const times = { refreshed_at: fact.meta.at, expires_at }
      return [update(openSessions, { account: idOf(fact), session }, times)]
    },
    'presence.session-ended': (fact) => [
      remove(openSessions, { account: idOf(fact), session: fact.data.session }),
    ],
    'account.token-created': (fact) => {
      const { token, label, scopes, expiresAt: expires_at } = fact.data
      const times = { created_at: fact.meta.at, expires_at, last_used_at: null }
      const what = { label, scopes: scopes.join(' ') }
      return [put(apiTokens, { account: idOf(fact), token, ...what, ...times })]
    },
    'account.token-revoked': (fact) => [
      remove(apiTokens, { account: idOf(fact), token: fact.data.token }),
    ],
    'connection.authenticated': (fact) => {
      const { account, method } = fact.data
      if (!method.startsWith(BY_TOKEN)) return []
      const token = method.slice(BY_TOKEN.length)
      return [update(apiTokens, { account, token }, { last_used_at: fact.meta.at })]
    },
    // Their labels are the member's own words.
    'account.forgotten': (fact, view) =>
      view
        .rows(apiTokens, idOf(fact))
        .map(({ account, token }) => remove(apiTokens, { account, token })),
  },
})
