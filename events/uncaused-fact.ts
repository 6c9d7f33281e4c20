import type { Clock, Ids } from '#events/clock.ts'
import type { NewFact } from '#events/fact.ts'

export interface UncausedBy {
  readonly clock: Clock
  readonly ids: Ids
  /** The account; left out when it is the system itself. */
  readonly by?: string
}

/** A fact that follows from no command: its own id stands for the command and the correlation. */
export function uncausedFact({ clock, ids, by }: UncausedBy, type: string, data: unknown): NewFact {
  const id = ids.next()
  return {
    id,
    type,
    data,
    meta: {
      at: clock.now(),
      by: by ?? null,
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}
