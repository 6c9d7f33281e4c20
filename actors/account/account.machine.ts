import { assign, setup } from 'xstate'

import {
  type AccountContext,
  NO_LIMITS,
  NO_MFA,
  NO_PROFILE,
} from '#actors/account/account.commands.ts'
import { changesOf } from '#actors/kernel/changes.ts'
import type { AccountFact } from '#events/account.facts.ts'

const noAccount = (): AccountContext => ({
  name: '',
  group: '',
  groups: {},
  groupOrder: [],
  flags: '',
  role: 'user',
  credential: '',
  createdAtMs: 0,
  addedBy: null,
  masks: {},
  limits: { ...NO_LIMITS },
  profile: { ...NO_PROFILE },
  email: null,
  realName: null,
  expiresAtMs: null,
  ban: null,
  isActive: true,
  isForgotten: false,
  tokens: {},
  mfa: { ...NO_MFA },
  identities: {},
  tightenedUntilMs: 0,
})

const changes = changesOf<AccountContext, AccountFact>()

const groupChanges = changes({
  'account.group-joined': (account, { group, isAdmin }) => {
    account.groups[group] = { isAdmin }
    account.groupOrder = [...account.groupOrder.filter((name) => name !== group), group]
  },
  'account.group-left': (account, { group }) => {
    delete account.groups[group]
    account.groupOrder = account.groupOrder.filter((name) => name !== group)
  },
  'account.group-admin-set': (account, { group, isAdmin }) => {
    account.groups[group] = { isAdmin }
  },
  'account.primary-group-set': (account, { group }) => {
    account.group = group
  },
})

const recordChanges = changes({
  'account.password-set': (account, { credential }) => {
    account.credential = credential
  },
  'account.flags-set': (account, { flags }) => {
    account.flags = flags
  },
  'account.role-set': (account, { role }) => {
    account.role = role
  },
  'account.mask-added': (account, { mask, sealed }) => {
    account.masks[mask] = sealed
  },
  'account.mask-removed': (account, { mask }) => {
    delete account.masks[mask]
  },
  'account.limits-set': (account, data) => {
    account.limits = { ...account.limits, ...(data as Partial<AccountContext['limits']>) }
  },
  'account.profile-set': (account, data) => {
    account.profile = { ...account.profile, ...(data as Partial<AccountContext['profile']>) }
  },
  'account.personal-set': (account, { field, sealed }) => {
    account[field === 'email' ? 'email' : 'realName'] = sealed
  },
  'account.expiry-set': (account, { at }) => {
    account.expiresAtMs = at
  },
  'account.banned': (account, { until, reason }) => {
    account.ban = { untilMs: until, reason }
  },
  'account.unbanned': (account) => {
    account.ban = null
  },
  'account.deactivated': (account) => {
    account.isActive = false
  },
  'account.activated': (account) => {
    account.isActive = true
  },
  'account.rate-limits-tightened': (account, { until }) => {
    account.tightenedUntilMs = until
  },
})

const proofChanges = changes({
  'account.token-created': (account, { token, label, scopes, expiresAt }, { at }) => {
    account.tokens[token] = { label, scopes, createdAtMs: at, expiresAtMs: expiresAt }
  },
  'account.mfa-begun': (account, { secret }) => {
    account.mfa.begun = secret
  },
  'account.mfa-confirmed': (account, { secret, step }) => {
    account.mfa = { ...account.mfa, secret, begun: null, lastStep: step }
  },
  'account.mfa-removed': (account) => {
    account.mfa = { ...NO_MFA, usedCodes: [] }
  },
  'account.mfa-step-used': (account, { step }) => {
    account.mfa.lastStep = step
  },
  'account.recovery-codes-set': (account, { codes, count }) => {
    account.mfa = { ...account.mfa, codes, codesCount: count, usedCodes: [] }
  },
  'account.recovery-code-used': (account, { index }) => {
    account.mfa.usedCodes = [...account.mfa.usedCodes, index]
  },
  'account.identity-linked': (account, { provider, identity }) => {
    account.identities[identity] = provider
  },
})

/** What may be taken from an account that nobody can use, too. */
const withdrawals = changes({
  'account.token-revoked': (account, { token }) => {
    delete account.tokens[token]
  },
  'account.identity-unlinked': (account, { identity }) => {
    delete account.identities[identity]
  },
})

/** Its sealed text cannot be read any more; nothing of the person is kept in the state either. */
const forgetting = changes({
  'account.forgotten': (account) => {
    account.isForgotten = true
    account.email = null
    account.realName = null
    account.masks = {}
    account.profile = { ...NO_PROFILE }
  },
})

export const accountMachine = setup({
  types: { context: {} as AccountContext, events: {} as AccountFact },
}).createMachine({
  id: 'account',
  initial: 'absent',
  context: noAccount,
  states: {
    absent: {
      on: {
        'account.created': {
          target: 'active',
          actions: assign(({ event: { data, meta } }) => ({
            name: data.name,
            group: data.group,
            groups: { [data.group]: { isAdmin: false } },
            groupOrder: [data.group],
            flags: data.flags,
            createdAtMs: meta.at,
            addedBy: meta.by,
          })),
        },
      },
    },
    active: {
      on: {
        ...groupChanges,
        ...recordChanges,
        ...proofChanges,
        ...withdrawals,
        'account.deleted': 'deleted',
      },
    },
    deleted: {
      on: { ...withdrawals, 'account.readded': 'active', 'account.purged': 'purged' },
    },
    purged: { on: { ...forgetting } },
  },
})
