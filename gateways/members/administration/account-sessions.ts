import { z } from 'zod'

import type { PresenceCommand, PresenceContext } from '#actors/presence/presence.commands.ts'
import { memberSubject } from '#events/seals.ts'

import { accountOf } from '#gateways/members/administration/account-actor.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import {
  doneShape,
  isoOf,
  moment,
  reasonParam,
  withAccount,
} from '#gateways/members/administration/shapes.ts'

const sessionsShape = z
  .object({
    sessions: z.array(
      z.object({
        id: z.string(),
        method: z.string(),
        mfa: z.boolean(),
        remote: z.string().nullable().describe('address and port, for who may see it'),
        opened_at: moment,
        refreshed_at: moment,
        expires_at: moment,
        is_current: z.boolean().describe('it is the one that asks'),
      }),
    ),
    connections: z.array(z.object({ id: z.string(), gateway: z.string(), since: moment })),
  })
  .meta({ id: 'Sessions' })

export const listSessions = operation({
  summary: 'By what a member is in: sessions over HTTP, and connections',
  params: withAccount,
  result: sessionsShape,
  action: 'see-users',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account }, caller) {
    const { id } = await accountOf(deps, account)
    const { sessions, connections } = await presenceOf(deps, id)
    const isShown = await maySeeAddresses(deps, id, caller)
    return {
      sessions: await Promise.all(
        Object.entries(sessions).map(async ([session, each]) => ({
          id: session,
          method: each.method,
          mfa: each.mfa,
          remote: isShown ? await unsealedRemote(deps, id, each.remote) : null,
          opened_at: isoOf(each.openedAtMs),
          refreshed_at: isoOf(each.refreshedAtMs),
          expires_at: isoOf(each.expiresAtMs),
          is_current: caller.member?.method === `session:${session}`,
        })),
      ),
      connections: Object.entries(connections).map(([connection, { gateway, sinceMs }]) => ({
        id: connection,
        gateway,
        since: isoOf(sinceMs),
      })),
    }
  },
})

export const endSessions = operation({
  summary: "Ends one of a member's sessions or connections, or all of them",
  params: withAccount.extend({
    session: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('of a session or connection; without it all end'),
    reason: reasonParam,
  }),
  result: doneShape,
  action: 'kick',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account, session, reason }, caller) {
    const { id } = await accountOf(deps, account)
    const why = reason || (caller.member?.id === id ? 'own' : 'kicked')
    if (session === undefined) await endEverything(deps, id, why, caller)
    else await endOne(deps, id, session, why, caller)
    return { account: id }
  },
})

/** Ends every session and connection of a member. */
export async function endEverything(
  { host }: Pick<AdministrationDeps, 'host'>,
  account: string,
  reason: string,
  caller: Caller,
): Promise<void> {
  const command: PresenceCommand = { type: 'presence.end-all', reason }
  await host.send({ kind: 'presence', id: account }, command, caller.context('end-all'))
}

async function endOne(
  deps: AdministrationDeps,
  account: string,
  id: string,
  reason: string,
  caller: Caller,
): Promise<void> {
  const { connections } = await presenceOf(deps, account)
  const command = Object.hasOwn(connections, id)
    ? ({ type: 'presence.dismiss', connection: id, reason } as const)
    : ({ type: 'presence.end-session', session: id, reason } as const)
  await deps.host.send({ kind: 'presence', id: account }, command, caller.context())
}

async function presenceOf({ host }: AdministrationDeps, id: string) {
  return (await host.state<PresenceContext>({ kind: 'presence', id })).context
}

/** Members see their own; the rest is for the right `see-addresses`. */
export async function maySeeAddresses(
  { policy }: AdministrationDeps,
  account: string,
  { member }: Caller,
): Promise<boolean> {
  if (!member || member.id === account) return true
  return (await policy.ask(member, { action: 'see-addresses' })).isAllowed
}

/** Rejects with `forbidden`. */
export async function assertMaySeeAddresses(
  deps: AdministrationDeps,
  account: string,
  caller: Caller,
): Promise<void> {
  if (await maySeeAddresses(deps, account, caller)) return
  throw refuse('Where members come from is not for everybody.', 'see-addresses')
}

async function unsealedRemote(
  { seals }: AdministrationDeps,
  account: string,
  sealed: string | null,
): Promise<string | null> {
  if (sealed === null) return null
  return (await seals.unseal(memberSubject(account), 'remote', sealed)) ?? null
}
