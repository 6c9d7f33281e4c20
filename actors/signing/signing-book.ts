import type { ActorHost } from '#actors/kernel/host.ts'
import {
  SIGNING_REFUSALS,
  type SigningCommand,
  type SigningContext,
} from '#actors/signing/signing.commands.ts'
import type { Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import type { SigningBook } from '#events/signing-book.ts'

const REF = { kind: 'signing', id: 'jwt' }

/** The book that the actor `signing-jwt` keeps. Rejects as the host does. */
export function createSigningBook(host: ActorHost, ids: Ids): SigningBook {
  async function send(command: SigningCommand): Promise<void> {
    await host.send(REF, command, { by: null, connection: null, commandId: ids.next() })
  }
  return {
    async keys() {
      const { context } = await host.state<SigningContext>(REF)
      return [...context.keys]
    },
    async add(key, after) {
      try {
        await send({ type: 'signing.add-key', ...key, after })
        return true
      } catch (cause) {
        if (cause instanceof Refusal && cause.code === SIGNING_REFUSALS.superseded) return false
        throw cause
      }
    },
    retire: (kid) => send({ type: 'signing.retire-key', kid }),
  }
}
