import { type AccountContext, accountId } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

/** Members' names as they are written, for facts hold ids alone. */
export interface Nicks {
  /** The name if it is known at once. */
  known(member: string): string | undefined
  /** The name, asked of the account if need be; the id where the account cannot be asked. */
  find(member: string): Promise<string>
  learn(member: string, name: string): void
}

const NAMES_KEPT = 20_000

export function createNicks(host: ActorHost): Nicks {
  const names = new Map<string, string>()

  function learn(member: string, name: string): void {
    const oldest = names.keys().next().value
    if (names.size >= NAMES_KEPT && oldest !== undefined) names.delete(oldest)
    names.set(member, name)
  }

  return {
    known: (member) => names.get(member),
    learn,
    async find(member) {
      const known = names.get(member)
      if (known !== undefined) return known
      const name = await nameOf(host, member)
      if (name !== undefined) learn(member, name)
      return name ?? member
    },
  }
}

async function nameOf(host: ActorHost, member: string): Promise<string | undefined> {
  try {
    const account = await host.state<AccountContext>({ kind: 'account', id: accountId(member) })
    return account.version === NO_VERSION ? undefined : account.context.name
  } catch (cause) {
    // A busy host must not keep a line back: under ASCII case mapping the id is the same nick.
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}
