import { setImmediate } from 'node:timers/promises'

import type { EventLog, ReadStreamOptions } from '#events/event-log.ts'
import { type ActorRef, type Fact, NO_VERSION, streamOf } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'
import type { Moment } from '#events/moment.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import { type ActorHistory, type ActorState, HISTORY_REFUSALS } from '#actors/kernel/host.ts'

export interface PastStatesOptions {
  readonly definitions: readonly ActorDefinition[]
  readonly log: EventLog
  /** Where snapshots are; without it everything is folded from the first fact. Only read. */
  readonly store?: Pick<HostStore, 'loadSnapshot'>
  /** Facts looked at for one answer at most. Default 200,000: about a second. */
  readonly factsLimit?: number
}

/** Facts after which others get their turn: one long history must not hold up the server. */
const TURN_FACTS = 512

/**
 * States as they were, folded aside from the log: no activation is made, asked or disturbed, and
 * nothing is saved.
 */
export function createPastStates(options: PastStatesOptions): ActorHistory {
  const { log, store, factsLimit = 200_000 } = options
  const definitions = new Map(options.definitions.map((each) => [each.kind, each]))

  function definitionOf(kind: string): ActorDefinition {
    const definition = definitions.get(kind)
    if (!definition) throw new Refusal(HOST_REFUSALS.unknownKind, `There are no ${kind} actors.`)
    return definition
  }

  /** Reads within the limit, letting others in between. */
  async function* read(stream: string, options: ReadStreamOptions) {
    let count = 0
    for await (const fact of log.readStream(stream, options)) {
      if (++count > factsLimit) throw tooLong(stream, factsLimit)
      if (count % TURN_FACTS === 0) await setImmediate()
      yield fact
    }
  }

  async function versionAt(ref: ActorRef, moment: Moment): Promise<number> {
    definitionOf(ref.kind)
    const stream = streamOf(ref)
    const last = await log.streamVersion(stream)
    if ('version' in moment) return Math.max(NO_VERSION, Math.min(moment.version, last))
    if (last === NO_VERSION) return NO_VERSION
    for await (const fact of read(stream, { from: last, direction: 'backwards' })) {
      if (isBy(fact, moment)) return fact.version
    }
    return NO_VERSION
  }

  return {
    versionAt,
    async stateAt(ref, at) {
      const definition = definitionOf(ref.kind)
      const stream = streamOf(ref)
      const target = await versionAt(ref, typeof at === 'number' ? { version: at } : at)
      const { fold, version } = await startFor(definition, stream, target)
      let next = version + 1
      const limit = target - version
      for await (const fact of limit > 0 ? read(stream, { from: next, limit }) : []) {
        if (fact.version !== next) break
        fold.apply(fact)
        next++
      }
      if (next <= target) throw incomplete(stream, next)
      return fold.state(target) as ActorState<never>
    },
  }

  /** The newest usable snapshot that is not beyond the target, or the beginning. */
  async function startFor(definition: ActorDefinition, stream: string, target: number) {
    const stored = await store?.loadSnapshot(stream)
    if (!stored || stored.schema !== definition.snapshotSchema || stored.version > target) {
      return { fold: new Fold(definition.machine), version: NO_VERSION }
    }
    const { value, context, version } = stored
    return { fold: new Fold(definition.machine, { value, context }), version }
  }
}

function isBy({ position, meta }: Fact, moment: { position: number } | { time: number }): boolean {
  return 'time' in moment ? meta.at <= moment.time : position <= moment.position
}

function tooLong(stream: string, facts: number): Refusal {
  const words = `The history of ${stream} is too long to look at here: more than ${facts} facts.`
  return new Refusal(HISTORY_REFUSALS.historyTooLong, words, { stream, facts })
}

/** What its metadata hides is gone from a history, and with it the states that it led to. */
function incomplete(stream: string, version: number): Refusal {
  const words = `The history of ${stream} lacks version ${version}: the state cannot be known.`
  return new Refusal(HISTORY_REFUSALS.historyIncomplete, words, { stream, version })
}
