import { ProcessLife } from '#test/simulation/process-life.ts'
import { collectHistory } from '#test/simulation/collect-history.ts'
import type { History } from '#test/simulation/history.ts'
import { checkHistory, type Violation } from '#test/simulation/history-checker.ts'
import { LogProcess } from '#test/simulation/log-process.ts'
import { Member } from '#test/simulation/member.ts'
import { heal, makeTrouble } from '#test/simulation/trouble.ts'
import { type RunningNode, VezaNode } from '#test/simulation/veza-node.ts'
import { createWorld, type World, type WorldOptions } from '#test/simulation/world.ts'

export interface Simulated {
  /** The same for the same seed and program, and for no others. */
  readonly fingerprint: string
  readonly violations: readonly Violation[]
  readonly history: History
}

/** Longer than the deadline for logging in, and than any retry. */
const QUIET_MS = 75_000
/** When a run has not ended by then, something in it has. */
const LONGEST_MS = 3_600_000
const STABLE_MS = 15_000

/**
 * One run of a whole site from a seed: members, one or two processes with all their actors and
 * consumers, the log, the bus, the read models, and whatever goes wrong meanwhile.
 */
export async function simulate(options: WorldOptions): Promise<Simulated> {
  const world = createWorld(options)
  const { time, random, conditions } = world
  const server = conditions.isCluster ? new LogProcess(world) : undefined
  const names = conditions.isCluster ? ['one', 'two'] : ['one']
  const nodes = names.map((name) => new VezaNode(name, world, server && (() => server.running)))
  if (server) world.hearings.push(...(await listenToBroker(world)))
  server?.start()
  for (const node of nodes) node.start()

  const isLate = timeLimit(world)
  let isOver = false
  const scene = { world, nodes, server, random: random.fork('trouble') }
  void makeTrouble(scene, () => isOver)
  await time.runUntil(whenDone(world, () => membersLive(world, nodes), isLate))
  isOver = true
  heal(scene)
  await time.runUntil(whenDone(world, () => settle(world, nodes), isLate))
  let history: History | undefined
  const collect = async () => {
    history = await collectHistory(
      world,
      nodes.map(({ running }) => running!),
    )
  }
  await time.runUntil(whenDone(world, collect, isLate))
  return {
    fingerprint: time.fingerprint,
    violations: checkHistory(history!),
    history: history!,
  }
}

function timeLimit({ time }: World): () => void {
  const until = time.now + LONGEST_MS
  return () => {
    if (time.now > until) throw new Error('an hour has passed and the run has not ended')
  }
}

/** Whether the work has ended; throws what it throws. */
function whenDone(world: World, work: () => Promise<void>, assertInTime: () => void) {
  let isDone = false
  let failure: unknown
  work().then(
    () => (isDone = true),
    (cause: unknown) => {
      failure = cause
      isDone = true
    },
  )
  return () => {
    assertInTime()
    if (failure !== undefined) throw failure
    return isDone
  }
}

async function membersLive(world: World, nodes: readonly VezaNode[]): Promise<void> {
  const releases = { known: [], made: 0 }
  const members = Array.from(
    { length: world.conditions.members },
    (_, n) => new Member(`member${n}`, world, nodes, releases),
  )
  await Promise.all(members.map((member) => member.live()))
}

/** Waits until all deadlines have passed, every process is up, and nothing more is recorded. */
async function settle(world: World, nodes: readonly VezaNode[]): Promise<void> {
  await world.outside.pause(QUIET_MS)
  let head = -1
  let stableSince = world.time.now
  while (world.time.now - stableSince < STABLE_MS) {
    await world.outside.pause(1_000)
    const now = await headOf(nodes.map(({ running }) => running))
    if (now !== undefined && now === head) continue
    head = now ?? head
    stableSince = world.time.now
  }
}

/** Undefined while a process is not up, or cannot say. */
async function headOf(running: readonly (RunningNode | undefined)[]): Promise<number | undefined> {
  if (!running.every((each) => each !== undefined)) return undefined
  return await running[0]!.log.head().catch(() => undefined)
}

async function listenToBroker(world: World) {
  const { time, random, broker, report } = world
  const life = new ProcessLife('listener', time, random.fork('listener'))
  return await broker.listen(life, (cause) => report('listener', cause))
}
