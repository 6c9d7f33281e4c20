import { accountId } from '#actors/account/account.commands.ts'
import type {
  ConnectionCommand,
  ConnectionContext,
} from '#actors/connection/connection.commands.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { PresenceCommand } from '#actors/presence/presence.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { type ActorRef, refOf } from '#events/fact.ts'
import { entryOf } from '#events/records.ts'

/** After which facts of an account nobody stays in, and why. */
const ENDS_ALL: Readonly<Record<string, string>> = {
  'account.password-set': 'password-changed',
  'account.deleted': 'account-deleted',
  'account.purged': 'account-deleted',
  'account.banned': 'banned',
  'account.deactivated': 'deactivated',
  'account.forgotten': 'forgotten',
}

/** An account's first password is the second fact of its creation: nobody was in by another. */
const FIRST_PASSWORD_VERSION = 1

/**
 * Sends members out whose account is no longer what they came in by, closes the connections that
 * were dismissed, and notes who has left.
 */
export function createDoorkeeper(host: ActorHost): Consumer {
  async function handleAccount(fact: KnownFact, id: string): Promise<void> {
    if (fact.type === 'account.token-revoked') {
      const proof = `token:${fact.data.token}`
      const dismiss: PresenceCommand = {
        type: 'presence.dismiss-proof',
        proof,
        reason: 'token-revoked',
      }
      await host.send({ kind: 'presence', id }, dismiss, followUp(fact, 'token'))
      return
    }
    const reason = entryOf(ENDS_ALL, fact.type)
    if (reason === undefined) return
    if (fact.type === 'account.password-set' && fact.version === FIRST_PASSWORD_VERSION) return
    const command: PresenceCommand = { type: 'presence.end-all', reason }
    await host.send({ kind: 'presence', id }, command, followUp(fact, 'end-all'))
  }

  async function handlePresence(fact: KnownFact): Promise<void> {
    if (fact.type !== 'presence.dismissed') return
    const { connection: id, reason } = fact.data
    // How much went over it only the gateway knows that holds the socket, and it hears of this later.
    const figures = { receivedBytes: 0, sentBytes: 0 }
    const command: ConnectionCommand = { type: 'connection.close', reason, ...figures }
    await host.send({ kind: 'connection', id }, command, followUp(fact, 'dismiss'))
  }

  async function handleConnection(fact: KnownFact, ref: ActorRef): Promise<void> {
    if (fact.type !== 'connection.closed') return
    const { context } = await host.state<ConnectionContext>(ref)
    if (context.account === '') return
    const command: PresenceCommand = { type: 'presence.leave', connection: ref.id }
    const presence = { kind: 'presence', id: accountId(context.account) }
    await host.send(presence, command, followUp(fact, 'leave'))
  }

  return {
    name: 'doorkeeper',
    kinds: ['account', 'connection', 'presence'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const ref = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!ref) return
      if (ref.kind === 'account') await handleAccount(fact, ref.id)
      else if (ref.kind === 'presence') await handlePresence(fact)
      else await handleConnection(fact, ref)
    },
  }
}
