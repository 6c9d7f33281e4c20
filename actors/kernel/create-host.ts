import type { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, refOf, streamOf } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import { Activation, type ActivationHost } from '#actors/kernel/activation.ts'
import type { ActorDefinition, Deadline } from '#actors/kernel/define-actor.ts'
import type { ActorHistory, ActorHost, Command } from '#actors/kernel/host.ts'
import { createHostMetrics } from '#actors/kernel/host-metrics.ts'
import { createPastStates } from '#actors/kernel/past-states.ts'

export interface HostOptions {
  readonly definitions: readonly ActorDefinition[]
  readonly log: EventLog
  readonly store: HostStore
  readonly clock: Clock
  readonly registry: Registry
  /** A fault that no command's sender is told of. */
  readonly report: (stream: string, cause: unknown) => void
  /** Waiting commands an actor has at most. Default 10,000. */
  readonly mailboxLimit?: number
  /** Actors in memory at most; beyond it the longest unused are let go. Default 50,000. */
  readonly activationLimit?: number
}

/** The host, with what its own keepers need of it. */
export interface RunningHost extends ActorHost, ActorHistory {
  /** What is due for an actor, and when. */
  deadline(ref: ActorRef): Promise<Deadline | undefined>
  /**
   * Lets go of the actors whose streams match: waits for their commands, saves their states.
   * The caller sees to it that no further commands for them come meanwhile.
   */
  release(matches: (stream: string) => boolean): Promise<void>
  /** Refuses further commands, waits for those taken, and saves what is in memory. */
  stop(): Promise<void>
}

const SWEEP_EVERY_MS = 1_000
/** Unused for so long, an actor is kept as value and context alone. */
const SETTLE_AFTER_MS = 5_000

export function createHost(options: HostOptions): RunningHost {
  const { log, store, clock, registry, report } = options
  const { mailboxLimit = 10_000, activationLimit = 50_000 } = options
  const definitions = new Map(options.definitions.map((each) => [each.kind, each]))
  const activations = new Map<string, Activation>()
  const metrics = createHostMetrics(registry, () => activations.size)
  const shared: ActivationHost = {
    log,
    store,
    now: () => clock.now(),
    mailboxLimit,
    report,
    count: metrics.count,
  }
  let isStopping = false
  let cancelSweep = clock.after(SWEEP_EVERY_MS, sweep)

  function definitionOf(kind: string): ActorDefinition {
    const definition = definitions.get(kind)
    if (!definition) throw new Refusal(HOST_REFUSALS.unknownKind, `There are no ${kind} actors.`)
    return definition
  }

  function validCommand(kind: string, command: Command): Command {
    const parsed = definitionOf(kind).commands.safeParse(command)
    if (parsed.success) return parsed.data
    const { issues } = parsed.error
    const [first] = issues
    const words = `That is not a valid request: ${first?.path.join('.')}: ${first?.message}`
    throw new Refusal(HOST_REFUSALS.invalidCommand, words, { issues })
  }

  function activate(ref: ActorRef): Activation {
    const stream = streamOf(ref)
    let activation = activations.get(stream)
    if (!activation) {
      activation = new Activation(stream, definitionOf(ref.kind), shared)
      activations.set(stream, activation)
    }
    return activation
  }

  /** Lets idle actors rest, then lets them go. */
  function sweep(): void {
    const now = clock.now()
    let surplus = activations.size - activationLimit
    for (const [stream, activation] of activations) {
      const idleMs = now - activation.lastUsedAt
      if (!activation.isIdle || idleMs < SETTLE_AFTER_MS) continue
      activation.settle()
      const { passivateAfterMs } = definitionOf(refOf(stream)!.kind)
      if (idleMs < passivateAfterMs && surplus <= 0) continue
      surplus--
      activations.delete(stream)
      activation.save().catch((cause: unknown) => report(stream, cause))
    }
    if (!isStopping) cancelSweep = clock.after(SWEEP_EVERY_MS, sweep)
  }

  async function letGo(going: readonly (readonly [string, Activation])[]): Promise<void> {
    await Promise.all(going.map(([, activation]) => activation.stopped()))
    const saved = await Promise.allSettled(going.map(([, activation]) => activation.save()))
    for (const [index, outcome] of saved.entries()) {
      if (outcome.status === 'rejected') report(going[index]![0], outcome.reason)
    }
  }

  return {
    // Not async: one promise a command instead of three.
    send(ref, command, context) {
      try {
        if (isStopping) throw new Refusal(HOST_REFUSALS.stopping, 'The server is stopping.')
        return activate(ref).send(validCommand(ref.kind, command), context)
      } catch (cause) {
        return Promise.reject(cause)
      }
    },
    async state(ref) {
      return (await activate(ref).state()) as never
    },
    deadline: async (ref) => await activate(ref).deadline(),
    ...createPastStates({ definitions: options.definitions, log, store }),
    async release(matches) {
      const going = [...activations].filter(([stream]) => matches(stream))
      await letGo(going)
      for (const [stream, activation] of going) {
        if (activations.get(stream) === activation) activations.delete(stream)
      }
    },
    async stop() {
      isStopping = true
      cancelSweep()
      await letGo([...activations])
    },
  }
}
