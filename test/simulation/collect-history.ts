import { isDeepStrictEqual } from 'node:util'

import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import { announcementOf } from '#actors/room/race-announcements.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { type Fact, kindOf, refOf } from '#events/fact.ts'
import { allProjections } from '#projections/all-projections.ts'

import type {
  Hearing,
  History,
  StateComparison,
  TableComparison,
} from '#test/simulation/history.ts'
import { SimulatedDatabase } from '#test/simulation/simulated-database.ts'
import type { RunningNode } from '#test/simulation/veza-node.ts'
import type { World } from '#test/simulation/world.ts'

/** A deadline may be so late: its keeper tries again after a second. */
const LATE_MS = 10_000

/** Puts together what is known of a run when it is over and all is quiet. */
export async function collectHistory(
  world: World,
  nodes: readonly RunningNode[],
): Promise<History> {
  const log = await Array.fromAsync(nodes[0]!.log.readAll())
  const streams = Map.groupBy(log, ({ stream }) => stream)
  const through = log.at(-1)?.position ?? 0
  const states: StateComparison[] = []
  for (const node of nodes) {
    for (const [stream, facts] of streams)
      states.push(await compareState(world, node, stream, facts))
  }
  const isOfTheLiving = ({ name, hasFailed }: Hearing) =>
    !hasFailed &&
    (name.startsWith('listener') || nodes.some(({ life }) => name.startsWith(`${life.name} `)))
  return {
    log,
    commands: [...world.commands.values()],
    hearings: world.hearings.map((each) => (isOfTheLiving(each) ? { ...each, through } : each)),
    expectedEffects: log.filter(isAnnounced).map(({ id }) => id),
    effects: log
      .filter(({ type }) => type === 'room.announced')
      .map(({ data }) => data as { about: string }),
    states,
    tables: compareTables(world.database, log, through),
    overdue: [...streams].flatMap(([stream, facts]) => overdue(world, stream, facts)),
    faults: world.faults,
  }
}

const HOME = { section: 'x', release: 'x' }

const isAnnounced = (fact: Fact) => announcementOf(fact as KnownFact, HOME) !== undefined

async function compareState(
  world: World,
  { host }: RunningNode,
  stream: string,
  facts: readonly Fact[],
): Promise<StateComparison> {
  const { version, value, context } = await host.state(refOf(stream)!)
  const live = plain({ value, context })
  const past = facts.filter((fact) => fact.version <= version)
  const folded = plain(fold(definitionOf(world, stream), past))
  const isSame = isDeepStrictEqual(live, folded)
  return { stream, version, live: isSame ? null : live, folded: isSame ? null : folded }
}

function definitionOf({ conditions }: World, stream: string): ActorDefinition {
  return conditions.definitions.find(({ kind }) => kind === kindOf(stream))!
}

function fold({ machine }: ActorDefinition, facts: readonly Fact[]) {
  const folded = new Fold(machine)
  for (const fact of facts) folded.apply(structuredClone(fact))
  const { value, context } = folded.state(facts.length - 1)
  return { value, context }
}

/** As a snapshot would keep it. */
const plain = (state: unknown): unknown => JSON.parse(JSON.stringify(state))

function compareTables(
  database: SimulatedDatabase,
  log: readonly Fact[],
  through: number,
): TableComparison[] {
  const rebuilt = new SimulatedDatabase(allProjections)
  for (const fact of log) rebuilt.apply([fact], rebuilt.checkpoint, fact.position)
  const expected = rebuilt.rows()
  const tables = [...database.rows()].map(([table, incremental]) => ({
    table,
    incremental,
    rebuilt: expected.get(table)!,
  }))
  const [incremental, wanted] = [[`${database.checkpoint}`], [`${through}`]]
  return [...tables, { table: 'checkpoint', incremental, rebuilt: wanted }]
}

function overdue(world: World, stream: string, facts: readonly Fact[]): string[] {
  const definition = definitionOf(world, stream)
  const { value, context } = fold(definition, facts)
  const deadline = definition.deadline?.({ value, context, version: facts.length - 1 })
  if (!deadline || deadline.at > world.time.now - LATE_MS) return []
  return [`${stream} was due at ${deadline.at} for ${deadline.command.type}`]
}
