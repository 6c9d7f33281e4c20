import type { CommandContext } from '#actors/kernel/host.ts'
import type { Fact } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'

/**
 * The context of a command that the site itself sends because of a fact. Its id derives from the
 * fact's and from what is done, so that a fact that a consumer sees twice has one effect.
 */
export function followUp(fact: Fact, ...what: readonly string[]): CommandContext {
  return {
    by: null,
    connection: null,
    commandId: derivedId(...what, fact.id),
    correlationId: fact.meta.correlationId,
    causationId: fact.id,
  }
}
