import type { AccountContext } from '#actors/account/account.commands.ts'
import type { IdentityCommand } from '#actors/identity/identity.commands.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { refOf } from '#events/fact.ts'

/**
 * Gives the sign-ins of an account free when it has ended for good, so that the person may link
 * them to another one. Whoever unlinks one from an account that goes on gives it free: here it
 * could meanwhile have been linked again.
 */
export function createIdentityRelease(host: ActorHost): Consumer {
  return {
    name: 'identity-release',
    kinds: ['account'],
    async handle(fact) {
      const ref = refOf(fact.stream)
      if (!ref || fact.type !== 'account.purged') return
      const { context } = await host.state<AccountContext>(ref)
      for (const id of Object.keys(context.identities)) {
        const command: IdentityCommand = { type: 'identity.release', account: ref.id }
        await host.send({ kind: 'identity', id }, command, followUp(fact, 'release', id))
      }
    },
  }
}
