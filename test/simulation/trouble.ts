import type { LogProcess } from '#test/simulation/log-process.ts'
import type { Random } from '#test/simulation/random.ts'
import type { SimulatedDisk } from '#test/simulation/simulated-disk.ts'
import { STORE_FILE } from '#test/simulation/simulated-host-store.ts'
import type { VezaNode } from '#test/simulation/veza-node.ts'
import type { World } from '#test/simulation/world.ts'

interface Scene {
  readonly world: World
  readonly nodes: readonly VezaNode[]
  /** Of a cluster. */
  readonly server: LogProcess | undefined
  readonly random: Random
}

/** What can go wrong. Each ends by itself, or in `heal`. */
const troubles: Readonly<Record<string, (scene: Scene) => Promise<void> | void>> = {
  'process killed': ({ nodes, random }) => random.pick(nodes).kill(false),
  'power cut': ({ nodes, random }) => random.pick(nodes).kill(true),
  'process stopped': ({ nodes, random }) => void random.pick(nodes).stop(),
  'log killed': ({ server, random }) => server?.kill(random.chance(0.5)),
  'disk full': (scene) => during(scene, 2_000, (disk, is) => (disk.isFull = is)),
  'disk failing': (scene) => during(scene, 4_000, (disk, is) => (disk.errorRate = is ? 0.2 : 0)),
  'disk slow': (scene) => during(scene, 4_000, (disk, is) => (disk.slownessMs = is ? 150 : 2)),
  'store lost': ({ nodes, random }) => damage(random.pick(nodes), Number.POSITIVE_INFINITY),
  'store stale': ({ nodes, random }) => damage(random.pick(nodes), 1 + random.below(30)),
  'snapshots unreadable': ({ nodes, random }) => {
    const node = random.pick(nodes)
    node.unreadableRate = 0.5
    node.kill(false)
  },
  'reads failing': (scene) => forAWhile(scene, 'read', 0.05),
  'database failing': (scene) => forAWhile(scene, 'database', 0.2),
  'consumer failing': (scene) => forAWhile(scene, 'consumer', 0.1),
  'network losing': async ({ world, random }) => {
    world.network.lossRate = random.pick([0.05, 0.3])
    await world.outside.pause(200, 3_000)
    world.network.lossRate = 0
  },
  'network repeating': async ({ world }) => {
    world.network.repeatRate = 0.2
    await world.outside.pause(200, 4_000)
    world.network.repeatRate = 0
  },
  'network slow': async ({ world }) => {
    world.network.slownessMs = 60
    await world.outside.pause(200, 3_000)
    world.network.slownessMs = 3
  },
  'clock jumping': ({ nodes, random }) => {
    const skew = random.pick([-3_600_000, -2_000, 0, 2_000, 90_000])
    random.pick(nodes).setClock(skew)
  },
}

/** Makes trouble until it is told to stop. Each run has only some of it: more would hide some. */
export async function makeTrouble(scene: Scene, isOver: () => boolean): Promise<void> {
  const { world, random } = scene
  const some = Object.keys(troubles).filter(() => random.chance(0.4))
  if (some.length === 0) return
  const everyMs = random.pick([300, 1_000, 3_000])
  for (;;) {
    await world.outside.pause(0, 2 * everyMs)
    if (isOver()) return
    const name = random.pick(some)
    world.time.note(`trouble: ${name}`)
    void troubles[name]!(scene)
  }
}

/** All is well from now on; who is down is coming up. */
export function heal({ world, nodes, server }: Scene): void {
  world.time.note('all is well again')
  for (const disk of disksOf({ nodes, server })) {
    Object.assign(disk, { isFull: false, errorRate: 0, slownessMs: 2 })
  }
  Object.assign(world.network, { lossRate: 0, repeatRate: 0, slownessMs: 3 })
  Object.assign(world.rates, { read: 0, database: 0, consumer: 0 })
  for (const node of nodes) node.setClock(0)
}

function disksOf({ nodes, server }: Pick<Scene, 'nodes' | 'server'>): SimulatedDisk[] {
  return [...nodes.map(({ disk }) => disk), ...(server ? [server.disk] : [])]
}

async function during(
  scene: Scene,
  mostMs: number,
  set: (disk: SimulatedDisk, is: boolean) => void,
): Promise<void> {
  const disk = scene.random.pick(disksOf(scene))
  set(disk, true)
  await scene.world.outside.pause(100, mostMs)
  set(disk, false)
}

async function forAWhile(
  { world }: Scene,
  rate: keyof World['rates'],
  value: number,
): Promise<void> {
  world.rates[rate] = value
  await world.outside.pause(200, 4_000)
  world.rates[rate] = 0
}

/** The process dies, and its store is not what it was. */
function damage(node: VezaNode, lines: number): void {
  node.kill(false)
  node.disk.forget(STORE_FILE, lines)
}
