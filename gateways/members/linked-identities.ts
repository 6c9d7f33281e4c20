import type { AccountCommand, AccountContext } from '#actors/account/account.commands.ts'
import type { IdentityCommand, IdentityContext } from '#actors/identity/identity.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { Ids } from '#events/clock.ts'
import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'

export interface LinkedIdentitiesDeps {
  readonly host: ActorHost
  readonly ids: Ids
}

/**
 * Which identities of other sites belong to which account. Both know of it: the identity, that it
 * belongs to one account alone; the account, so that its member sees it and can take it away.
 */
export function createLinkedIdentities({ host, ids }: LinkedIdentitiesDeps) {
  const sendIdentity = (id: string, command: IdentityCommand, context: CommandContext) =>
    host.send({ kind: 'identity', id }, command, context)
  const sendAccount = (id: string, command: AccountCommand, context: CommandContext) =>
    host.send({ kind: 'account', id }, command, context)

  return {
    /**
     * First the claim, which only one account can have. An account that does not take the identity
     * gives it free again: nobody signs in by what the account does not show.
     */
    async link(
      identity: string,
      provider: string,
      account: string,
      from: Omit<CommandContext, 'commandId'>,
    ): Promise<void> {
      const context = () => ({ ...from, commandId: ids.next() })
      const claim = { type: 'identity.claim', provider, account } as const
      const claimed = await sendIdentity(identity, claim, context())
      try {
        const command = { type: 'account.link-identity', provider, identity } as const
        await sendAccount(account, command, context())
      } catch (cause) {
        if (claimed.facts.length > 0 && cause instanceof Refusal) {
          await sendIdentity(identity, { type: 'identity.release', account }, context())
        }
        throw cause
      }
    },

    /** The account that has claimed it, and says so itself: a crash may have come in between. */
    async holderOf(identity: string): Promise<string | undefined> {
      const { context } = await host.state<IdentityContext>({ kind: 'identity', id: identity })
      const { account } = context
      if (account === '') return undefined
      const holder = await host.state<AccountContext>({ kind: 'account', id: account })
      if (Object.hasOwn(holder.context.identities, identity)) return account
      const server = { by: null, connection: null, commandId: ids.next() }
      await sendIdentity(identity, { type: 'identity.release', account }, server)
      return undefined
    },

    /** The identity can be linked again, with any account. */
    async unlink(identity: string, account: string, context: CommandContext): Promise<void> {
      await sendAccount(account, { type: 'account.unlink-identity', identity }, context)
      const free = { ...context, commandId: derivedId(context.commandId, 'free') }
      await sendIdentity(identity, { type: 'identity.release', account }, free)
    },
  }
}
