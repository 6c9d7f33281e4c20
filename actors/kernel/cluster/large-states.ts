import { LogUnavailable } from '#events/event-log.ts'
import { type ActorRef, streamOf } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { ActorHistory, ActorState } from '#actors/kernel/host.ts'

/** States kept in memory: those of the few actors that are that large. */
const KEPT = 16

/**
 * States that are too large to be asked of another process: made from the log, at the version that
 * the process which runs the actor has named, and kept until another version is named.
 */
export function createLargeStates(history: Pick<ActorHistory, 'stateAt'>) {
  const states = new Map<
    string,
    { readonly version: number; readonly state: Promise<ActorState> }
  >()
  return {
    async get(ref: ActorRef, version: number): Promise<ActorState> {
      const stream = streamOf(ref)
      const known = states.get(stream)
      if (known?.version === version) return await known.state
      const state = history.stateAt<unknown>(ref, version).catch(refuse)
      states.delete(stream)
      states.set(stream, { version, state })
      if (states.size > KEPT) states.delete(states.keys().next().value!)
      state.catch(() => {
        if (states.get(stream)?.state === state) states.delete(stream)
      })
      return await state
    },
  }
}

/** As the host itself says it. */
function refuse(cause: unknown): never {
  if (!(cause instanceof LogUnavailable)) throw cause
  throw new Refusal(HOST_REFUSALS.logUnavailable, 'The log cannot be read now; try later.')
}
