import { z } from 'zod'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import type { IdentityCommand } from '#actors/identity/identity.commands.ts'
import { type LockoutCommand, lockoutOfAccount } from '#actors/lockout/lockout.commands.ts'
import type { SiteRight } from '#actors/policy/actions.ts'
import type { GroupSlot } from '#events/group.facts.ts'
import { memberSubject, VISITORS } from '#events/seals.ts'

import {
  accountOf,
  actingGroup,
  assertNotAsGroupAdmin,
  sendAccount,
} from '#gateways/members/administration/account-actor.ts'
import { assertIsOurs } from '#gateways/members/administration/account-password.ts'
import { forgetSecrets } from '#gateways/members/administration/account-secrets.ts'
import { tellingOfKeys } from '#gateways/members/administration/keys.ts'
import { endEverything } from '#gateways/members/administration/account-sessions.ts'
import { ledgerOf } from '#gateways/members/administration/credits.ts'
import { freeSlot, type Slot, takeSlot } from '#gateways/members/administration/group-slots.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
} from '#gateways/members/administration/operation.ts'
import {
  doneShape,
  momentParam,
  reasonParam,
  withAccount,
} from '#gateways/members/administration/shapes.ts'

const withReason = withAccount.extend({ reason: reasonParam })

/** What one command to the account does; nothing of it is undone by a second one. */
function simple<P extends z.ZodObject>(
  summary: string,
  action: SiteRight,
  params: P,
  commandOf: (params: z.output<P>) => AccountCommand,
) {
  const nameIn = (given: z.output<P>) => (given as { readonly account: string }).account
  return operation({
    summary,
    params,
    result: doneShape,
    action,
    account: nameIn,
    async run(deps, given, caller) {
      const { id } = await accountOf(deps, nameIn(given))
      await sendAccount(deps, id, commandOf(given), caller.context())
      return { account: id }
    },
  })
}

const SECOND_MS = 1_000
const LONGEST_SECONDS = 100 * 365 * 86_400

const banParams = withReason.extend({
  until: momentParam.optional().describe('without it and without duration_seconds: for ever'),
  duration_seconds: z.coerce.number().int().min(1).max(LONGEST_SECONDS).optional(),
})

export const banAccount = operation({
  summary: 'Keeps a member out, for a time or for ever, and ends all sessions',
  params: banParams,
  result: doneShape,
  action: 'ban',
  account: ({ account }) => account,
  async run(deps, { account, reason, until, duration_seconds: seconds }, caller) {
    const { id } = await accountOf(deps, account)
    const ends = seconds === undefined ? null : deps.clock.now() + seconds * SECOND_MS
    const untilMs = until === undefined ? ends : Date.parse(until)
    const command = { type: 'account.ban', until: untilMs, reason } as const
    await sendAccount(deps, id, command, caller.context())
    await endEverything(deps, id, 'banned', caller)
    return { account: id }
  },
})

export const unbanAccount = simple('Ends a ban', 'ban', withAccount, () => ({
  type: 'account.unban',
}))

export const deleteAccount = operation({
  summary: 'Deletes an account, which can be taken back, and ends all sessions',
  params: withReason,
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account, reason }, caller) {
    const known = await accountOf(deps, account)
    const { id } = known
    await assertIsOurs(deps, known, caller)
    await sendAccount(deps, id, { type: 'account.delete', reason }, caller.context())
    await endEverything(deps, id, 'account-deleted', caller)
    return { account: id }
  },
})

/** With the account its slots went: the admin of a group needs free ones to take it back. */
export const readdAccount = operation({
  summary: 'Takes a deletion back',
  params: withAccount,
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name }, caller) {
    const known = await accountOf(deps, name)
    const { id } = known
    await assertIsOurs(deps, known, caller)
    const group = await actingGroup(deps, caller, id)
    const slots = group === undefined ? [] : await slotsOf(deps, id)
    const taken: Slot[] = []
    try {
      for (const slot of slots) {
        const wanted = { account: id, group: group!, slot }
        if (await takeSlot(deps, wanted, caller)) taken.push(wanted)
      }
      await sendAccount(deps, id, { type: 'account.readd' }, caller.context())
    } catch (cause) {
      for (const slot of taken) await freeSlot(deps, slot, caller)
      throw cause
    }
    return { account: id }
  },
})

/** What a member takes of a group's slots by how their credits are. */
async function slotsOf(deps: AdministrationDeps, account: string): Promise<GroupSlot[]> {
  const { ratios, allotments } = await ledgerOf(deps, account)
  return [
    'member',
    ...(Object.values(ratios).includes(0) ? (['leech'] as const) : []),
    ...(Object.keys(allotments).length > 0 ? (['allotment'] as const) : []),
  ]
}

export const purgeAccount = operation({
  summary: 'Ends a deleted account for good; its name is not given again',
  params: withAccount,
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name }, caller) {
    const { id, standing } = await accountOf(deps, name)
    await assertNotAsGroupAdmin(deps, caller, id)
    // What a crash left of the secrets of a purged account is forgotten by asking again.
    if (standing !== 'purged') {
      await sendAccount(deps, id, { type: 'account.purge' }, caller.context())
    }
    const { account } = await accountOf(deps, id)
    await forgetSecrets(deps.vault, account)
    return { account: id }
  },
})

export const forgetAccount = operation({
  summary: 'Ends an account for good and makes its personal data unreadable everywhere',
  params: withAccount,
  result: doneShape.extend({
    was_key_destroyed: z.boolean().describe('false: it was before, or there was none'),
  }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name }, caller) {
    const { id } = await accountOf(deps, name)
    await assertNotAsGroupAdmin(deps, caller, id)
    await sendAccount(deps, id, { type: 'account.forget' }, caller.context())
    // All that follows may be done again: whoever asks a second time mends what a crash left.
    const { account } = await accountOf(deps, id)
    await forgetSecrets(deps.vault, account)
    await releaseIdentities(deps, id, Object.keys(account.identities), caller)
    await endEverything(deps, id, 'forgotten', caller)
    // Whoever mistypes their own name comes from their own address all the same; and the lockout
    // of an address is named by a tag of it, beside failures of the account at the same time.
    await deps.seals.destroy(VISITORS)
    const wasKeyDestroyed = await tellingOfKeys(
      () => deps.seals.forget(memberSubject(id)),
      'The member is forgotten, but older copies of the vault still have the key; ask again: ',
    )
    return { account: id, was_key_destroyed: wasKeyDestroyed }
  },
})

/** So that the person can sign in with them again, as somebody new. */
async function releaseIdentities(
  { host }: AdministrationDeps,
  account: string,
  identities: readonly string[],
  caller: Caller,
): Promise<void> {
  const command: IdentityCommand = { type: 'identity.release', account }
  for (const id of identities) {
    await host.send({ kind: 'identity', id }, command, caller.context(`release-${id}`))
  }
}

export const unlockAccount = operation({
  summary: 'Forgets the failed logins of an account, so that it is not locked any more',
  params: withAccount,
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account }, caller) {
    const { id } = await accountOf(deps, account)
    const command: LockoutCommand = { type: 'lockout.clear', reason: 'administrator' }
    const ref = { kind: 'lockout', id: lockoutOfAccount(id) }
    await deps.host.send(ref, command, caller.context())
    return { account: id }
  },
})
