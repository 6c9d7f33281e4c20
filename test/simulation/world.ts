import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import { LogUnavailable } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import { allProjections } from '#projections/all-projections.ts'

import { DatabaseLost } from '#test/simulation/follow-projections.ts'
import type { Attempt, Hearing } from '#test/simulation/history.ts'
import { ProcessLife } from '#test/simulation/process-life.ts'
import { createRandom, type Random } from '#test/simulation/random.ts'
import { SimulatedBroker } from '#test/simulation/simulated-broker.ts'
import { Overtaken, SimulatedDatabase } from '#test/simulation/simulated-database.ts'
import { DiskFault } from '#test/simulation/simulated-disk.ts'
import { ConnectionLost, SimulatedNetwork } from '#test/simulation/simulated-network.ts'
import { VirtualTime } from '#test/simulation/virtual-time.ts'
import { actors } from '#wiring/actors.ts'

/** Things made wrong on purpose, to prove that the checker finds them. */
export type Mutation =
  /** The disk says that it has synced, and has not. */
  | 'disk-lies'
  /** The publisher begins at the log's head instead of its checkpoint. */
  | 'publisher-at-head'
  /** The announcer saves its checkpoint before it has announced. */
  | 'checkpoint-first'
  /** The announcer's commands have new ids each time. */
  | 'fresh-effect-ids'
  /** Neither the actor nor the log knows a command that comes again. */
  | 'no-dedupe'

/** What a run is like, by its seed. */
export interface Conditions {
  /** One process with its own log, or two on the log of a third. */
  readonly isCluster: boolean
  readonly definitions: readonly ActorDefinition[]
  readonly mailboxLimit: number
  readonly members: number
  /** Things that each member does. */
  readonly steps: number
}

/** What all parts of a run share. */
export interface World {
  readonly random: Random
  readonly time: VirtualTime
  readonly conditions: Conditions
  readonly mutation: Mutation | undefined
  readonly network: SimulatedNetwork
  readonly database: SimulatedDatabase
  readonly broker: SimulatedBroker
  /** Clients and machines that never fail. */
  readonly outside: ProcessLife
  /** Rates of what fails within processes, from 0 to 1; trouble sets them. */
  readonly rates: { read: number; database: number; consumer: number }
  readonly hearings: (Hearing & { through?: number })[]
  readonly commands: Map<string, { id: string; stream: string; type: string; attempts: Attempt[] }>
  readonly faults: string[]
  readonly report: (where: string, cause: unknown) => void
}

export interface WorldOptions {
  readonly seed: number
  readonly mutation?: Mutation
  readonly isCluster?: boolean
  readonly trace?: (line: string) => void
}

export function createWorld({ seed, mutation, isCluster, trace }: WorldOptions): World {
  const random = createRandom(seed)
  const time = new VirtualTime(trace)
  const network = new SimulatedNetwork(time, random.fork('network'))
  const outside = new ProcessLife('outside', time, random.fork('outside'))
  const faults: string[] = []
  const chosen = chooseConditions(random.fork('conditions'))
  return {
    random,
    time,
    conditions: { ...chosen, isCluster: isCluster ?? chosen.isCluster },
    mutation,
    network,
    database: new SimulatedDatabase(allProjections),
    broker: new SimulatedBroker(outside, network),
    outside,
    rates: { read: 0, database: 0, consumer: 0 },
    hearings: [],
    commands: new Map(),
    faults,
    report(where, cause) {
      time.note(`${where}: ${String(cause)}`)
      if (!isExpected(cause)) faults.push(`${where}: ${String((cause as Error).stack ?? cause)}`)
    },
  }
}

function chooseConditions(random: Random): Conditions {
  const snapshotEvery = random.pick([1, 3, 10, 100])
  const passivateAfterMs = random.pick([1_000, 6_000, 100_000])
  return {
    isCluster: random.chance(0.4),
    definitions: actors.map((each: ActorDefinition) => ({
      ...each,
      snapshotEvery,
      passivateAfterMs,
    })),
    mailboxLimit: random.pick([4, 32, 10_000]),
    members: 2 + random.below(4),
    steps: 10 + random.below(20),
  }
}

/** A consumer that was made to fail. */
export class InjectedFailure extends Error {}

/** A snapshot that was made unreadable. */
export class UnreadableSnapshot extends Error {}

const EXPECTED = [
  LogUnavailable,
  DiskFault,
  ConnectionLost,
  Refusal,
  InjectedFailure,
  UnreadableSnapshot,
  DatabaseLost,
  Overtaken,
]

/** What trouble causes, and what the system says for it. */
function isExpected(cause: unknown): boolean {
  return EXPECTED.some((kind) => cause instanceof kind)
}
