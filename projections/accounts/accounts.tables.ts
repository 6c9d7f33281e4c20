import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/** One row for each account that there ever was. */
export const accounts = defineTable(
  'accounts',
  {
    account: text,
    name: text,
    /** The primary group, as it was given. */
    group: text,
    flags: text,
    role: text,
    /** `active`, `deleted` or `purged`. */
    standing: text,
    is_active: bool,
    is_banned: bool,
    /** Null: for ever, or not banned. */
    banned_until: nullable(int8),
    expires_at: nullable(int8),
    tagline: text,
    comment: text,
    has_mfa: bool,
    is_forgotten: bool,
    created_at: int8,
    added_by: nullable(text),
    last_seen_at: nullable(int8),
    /** The connection or session that was the last to log in. */
    last_origin: nullable(text),
  },
  ['account'],
)

/** One row for each group that an account is in. */
export const accountGroups = defineTable(
  'account_groups',
  {
    account: text,
    /** Its name in lower case. */
    group_id: text,
    group: text,
    is_admin: bool,
    since: int8,
  },
  ['account', 'group_id'],
  [{ name: 'account_groups_group', on: '(group_id, account)' }],
)

export interface AccountsTables {
  accounts: RowOf<typeof accounts.columns>
  account_groups: RowOf<typeof accountGroups.columns>
}
