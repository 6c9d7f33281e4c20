import type { KnownFact } from '#events/catalogue.ts'
import type { Fact } from '#events/fact.ts'

import { accountGroups, accounts } from '#projections/accounts/accounts.tables.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, remove, update, type Write } from '#projections/kernel/writes.ts'
import { idOf } from '#projections/stream-id.ts'

/** Names that differ in case alone are one group. */
const groupIdOf = (group: string): string => group.toLowerCase()

type Created = Extract<KnownFact, { type: 'account.created' }>

const UNSAID = {
  role: 'user',
  standing: 'active',
  is_active: true,
  is_banned: false,
  banned_until: null,
  expires_at: null,
  tagline: '',
  comment: '',
  has_mfa: false,
  is_forgotten: false,
  last_seen_at: null,
  last_origin: null,
}

export const accountsProjection = defineProjection({
  name: 'accounts',
  version: 1,
  tables: [accounts, accountGroups],
  on: {
    'account.created': (fact) => created(fact),
    'account.flags-set': (fact) => [change(fact, { flags: fact.data.flags })],
    'account.role-set': (fact) => [change(fact, { role: fact.data.role })],
    'account.group-joined': (fact) => {
      const { group, isAdmin } = fact.data
      return [joined(fact, group, isAdmin)]
    },
    'account.group-left': (fact) => [
      remove(accountGroups, { account: idOf(fact), group_id: groupIdOf(fact.data.group) }),
    ],
    'account.group-admin-set': (fact) => {
      const { group, isAdmin: is_admin } = fact.data
      const key = { account: idOf(fact), group_id: groupIdOf(group) }
      return [update(accountGroups, key, { is_admin })]
    },
    'account.primary-group-set': (fact) => [change(fact, { group: fact.data.group })],
    'account.profile-set': (fact) => {
      const { tagline, comment } = fact.data
      const said = {
        ...(tagline !== undefined && { tagline }),
        ...(comment !== undefined && { comment }),
      }
      return Object.keys(said).length === 0 ? [] : [change(fact, said)]
    },
    'account.expiry-set': (fact) => [change(fact, { expires_at: fact.data.at })],
    'account.banned': (fact) => [change(fact, { is_banned: true, banned_until: fact.data.until })],
    'account.unbanned': (fact) => [change(fact, { is_banned: false, banned_until: null })],
    'account.deactivated': (fact) => [change(fact, { is_active: false })],
    'account.activated': (fact) => [change(fact, { is_active: true })],
    'account.deleted': (fact) => [change(fact, { standing: 'deleted' })],
    'account.readded': (fact) => [change(fact, { standing: 'active' })],
    'account.purged': (fact) => [change(fact, { standing: 'purged' })],
    'account.mfa-confirmed': (fact) => [change(fact, { has_mfa: true })],
    'account.mfa-removed': (fact) => [change(fact, { has_mfa: false })],
    // The name stays: history is by name. What the member and others have said of them goes.
    'account.forgotten': (fact) => [
      change(fact, { is_forgotten: true, tagline: '', comment: '', last_origin: null }),
    ],
    'connection.authenticated': (fact) => [seen(fact.data.account, fact, idOf(fact))],
    'connection.closed': (fact) => (fact.meta.by === null ? [] : [seen(fact.meta.by, fact)]),
    'presence.session-opened': (fact) => [seen(idOf(fact), fact, fact.data.session)],
  },
})

function created(fact: Created): readonly Write[] {
  const { name, group, flags } = fact.data
  const { at: created_at, by: added_by } = fact.meta
  const row = { account: idOf(fact), name, group, flags, ...UNSAID, created_at, added_by }
  return [put(accounts, row), joined(fact, group, false)]
}

function joined(fact: Fact, group: string, is_admin: boolean): Write {
  const key = { account: idOf(fact), group_id: groupIdOf(group) }
  return put(accountGroups, { ...key, group, is_admin, since: fact.meta.at })
}

function change(fact: Fact, set: Parameters<typeof update<typeof accounts.columns, 'account'>>[2]) {
  return update(accounts, { account: idOf(fact) }, set)
}

function seen(account: string, { meta }: Fact, last_origin?: string): Write {
  const set = { last_seen_at: meta.at, ...(last_origin !== undefined && { last_origin }) }
  return update(accounts, { account }, set)
}
