import { assign, type MachineContext } from 'xstate'

import type { Fact, FactMeta } from '#events/fact.ts'

/** Changes the context in place: it belongs to one activation alone. `data` is the fact's. */
type Change<C, F extends Fact> = (context: C, data: F['data'], meta: FactMeta, fact: F) => void

function changing<C extends MachineContext, E extends F, F extends Fact>(apply: Change<C, E>) {
  return {
    actions: assign<C, E, undefined, F, never>(({ context, event }) => {
      apply(context, event.data, event.meta, event)
      return { ...context }
    }),
  }
}

/**
 * Makes the transitions of a chart out of a table: type of fact to what it changes. A fact of the
 * table is legal in the state whose `on` they are put in, and does not lead out of it.
 *
 * The context is given in parentheses of its own, because TypeScript infers all type arguments
 * or none: `changesOf<AccountContext, AccountFact>()({ … })`.
 */
export function changesOf<C extends object, F extends Fact>() {
  return <T extends F['type']>(table: {
    [K in T]: Change<C, Extract<F, { type: K }>>
  }) => {
    const entries = Object.entries(table) as [T, Change<C & MachineContext, F>][]
    return Object.fromEntries(
      entries.map(([type, apply]) => [type, changing<C & MachineContext, F, F>(apply)]),
    ) as unknown as {
      [K in T]: ReturnType<typeof changing<C & MachineContext, Extract<F, { type: K }>, F>>
    }
  }
}
