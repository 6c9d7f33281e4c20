import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/** One row for each HTTP session that has not ended. */
export const openSessions = defineTable(
  'open_sessions',
  {
    account: text,
    session: text,
    /** `password` or `oidc`. */
    method: text,
    mfa: bool,
    opened_at: int8,
    refreshed_at: int8,
    expires_at: int8,
    /** Sealed with the account's key, field `remote`. */
    remote: nullable(text),
  },
  ['account', 'session'],
)

/** One row for each API token that is not revoked. What makes a token lies in the vault. */
export const apiTokens = defineTable(
  'api_tokens',
  {
    account: text,
    token: text,
    label: text,
    /** Separated by spaces. */
    scopes: text,
    created_at: int8,
    expires_at: nullable(int8),
    last_used_at: nullable(int8),
  },
  ['account', 'token'],
)

export interface SessionsTables {
  open_sessions: RowOf<typeof openSessions.columns>
  api_tokens: RowOf<typeof apiTokens.columns>
}
