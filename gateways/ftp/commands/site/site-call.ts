import type { AccountContext, TokenScope } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { scopeOf } from '#actors/policy/actions.ts'
import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { takeOrRefuse } from '#gateways/kernel/rate-limits/refusal.ts'
import { type Caller, type Operation, perform } from '#gateways/members/administration/operation.ts'
import { OPERATIONS } from '#gateways/members/administration/operations.ts'
import { memberOf } from '#gateways/members/member-of.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import type { ResultOf, SiteCall, SiteCommand } from '#gateways/ftp/commands/site/site-command.ts'
import { wordsOf } from '#gateways/ftp/commands/site/words.ts'

/** How long a command waits to see what the same client has changed before. */
const OWN_WRITES_MS = 2_000

/** Every check that SITE commands share. Rejects with a `Refusal`. */
export async function siteCall(
  session: CommandSession,
  command: SiteCommand,
  said: string,
): Promise<SiteCall> {
  const { administration, state } = session
  const member = await memberNow(session)
  const count = async () => {
    const action = command.isChange ? 'api_write' : 'api_read'
    await takeOrRefuse(administration.rateLimits, member, action, { gateway: 'ftp' })
  }
  await count()
  const scope = command.isChange ? 'admin' : 'read'
  const host = notingHost(session)
  if (!command.isOfSession) await session.readModels.reached(state.position, OWN_WRITES_MS)
  const words = wordsOf(said)
  const correlationId = administration.ids.next()

  return {
    session,
    member,
    words: words.map(({ text }) => text),
    rest: (from) => said.slice(words[from]?.at ?? said.length).trim(),
    async ask(name, params) {
      const operation: Operation = OPERATIONS[name]
      assertScope(member, operation.action === undefined ? scope : scopeOf(operation.action))
      const id = administration.ids.next()
      const caller: Caller = {
        member,
        origin: session.origin,
        context: (step) => ({
          ...session.connection.context(step === undefined ? id : derivedId(id, step)),
          flags: member.flags,
          correlationId,
        }),
      }
      const result: unknown = await perform({ ...administration, host }, operation, params, caller)
      return result as ResultOf<typeof name>
    },
    may: async (question) => (await administration.policy.ask(member, question)).isAllowed,
    async assertMay(action, question) {
      await administration.policy.assert(member, { action, ...question })
    },
    countChange: count,
  }
}

/** A token is for what it was made for, also where no right is asked. */
export function assertScope({ scopes }: Member, scope: TokenScope | undefined): void {
  if (scope === undefined || scopes?.includes(scope) !== false) return
  throw new Refusal('outside-token-scope', 'Your token is not for that.', { scope })
}

/** The session's member is who logged in; groups and flags may have changed since. */
async function memberNow({ connection, host, now }: CommandSession): Promise<Member> {
  const { member } = connection
  if (!member) throw new TypeError('a SITE command needs a login')
  const { context } = await host.state<AccountContext>({ kind: 'account', id: member.id })
  const { method, hasSecondFactor, scopes } = member
  return memberOf(context, { method, hasSecondFactor, scopes }, now())
}

/** So that the next command of this client sees what this one has changed. */
function notingHost(session: CommandSession): ActorHost {
  return {
    async send(ref, command, context) {
      const receipt = await session.host.send(ref, command, context)
      session.caused(receipt)
      return receipt
    },
    state: (ref) => session.host.state(ref),
  }
}
