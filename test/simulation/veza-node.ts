import { Registry } from 'prom-client'

import { createHost, type RunningHost } from '#actors/kernel/create-host.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import type { EventLog } from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'
import { allProjections } from '#projections/all-projections.ts'

import { followProjections } from '#test/simulation/follow-projections.ts'
import { createLogOverNetwork, type LogServer } from '#test/simulation/log-over-network.ts'
import { ProcessLife } from '#test/simulation/process-life.ts'
import { publishFrom } from '#test/simulation/publish-from.ts'
import { runAnnouncer } from '#test/simulation/run-announcer.ts'
import { openSimulatedHostStore } from '#test/simulation/simulated-host-store.ts'
import { SimulatedDisk } from '#test/simulation/simulated-disk.ts'
import { openSimulatedLog } from '#test/simulation/simulated-log.ts'
import { UnreadableSnapshot, type World } from '#test/simulation/world.ts'

export const SECTION = 'incoming'
const RESTART_MS = 300

/** All of one life of a process: what `server.ts` wires, below the gateways. */
export interface RunningNode {
  readonly life: ProcessLife
  readonly log: EventLog
  readonly store: HostStore
  readonly host: RunningHost
}

/** A veza process, which is started again whenever it ends. */
export class VezaNode {
  readonly name: string
  readonly disk: SimulatedDisk
  readonly #world: World
  readonly #server: LogServer | undefined
  #lives = 0
  #life: ProcessLife | undefined
  #running: RunningNode | undefined
  #skewMs = 0
  /** How likely a stored snapshot cannot be read. */
  unreadableRate = 0

  /** `server` is the log of a cluster; without it the process has its own. */
  constructor(name: string, world: World, server: LogServer | undefined) {
    this.name = name
    this.#world = world
    this.#server = server
    const isSyncALie = world.mutation === 'disk-lies'
    this.disk = new SimulatedDisk(world.random.fork(`disk ${name}`), isSyncALie)
  }

  /** Undefined while it is down or starting. */
  get running(): RunningNode | undefined {
    return this.#running
  }

  start(): void {
    const name = `${this.name}.${++this.#lives}`
    const { time, random } = this.#world
    const life = new ProcessLife(name, time, random.fork(name))
    this.#life = life
    life.setClock(this.#skewMs)
    time.note(`${name} starts`)
    this.#run(life).then(
      (running) => {
        time.note(`${name} is up`)
        this.#running = running
      },
      (cause: unknown) => {
        this.#world.report(`${name} start`, cause)
        this.kill(false)
      },
    )
  }

  /** Ends it at once; it is started again a little later. */
  kill(isPowerLost: boolean): void {
    if (!this.#life?.isAlive) return
    this.#world.time.note(`${this.#life.name} dies${isPowerLost ? ' by a power cut' : ''}`)
    this.#life.kill()
    this.disk.crash(isPowerLost)
    this.#running = undefined
    this.#world.time.after(RESTART_MS, () => this.start())
  }

  /** Stops the host as a server that is told to stop does, then ends. */
  async stop(): Promise<void> {
    await this.#running?.host.stop()
    this.kill(false)
  }

  setClock(skewMs: number): void {
    this.#skewMs = skewMs
    this.#life?.setClock(skewMs)
  }

  async #run(life: ProcessLife): Promise<RunningNode> {
    const world = this.#world
    const { random, network, conditions, report } = world
    const store = await openSimulatedHostStore(life, this.disk, () => {
      return random.chance(this.unreadableRate)
        ? new UnreadableSnapshot('a stored snapshot cannot be read')
        : undefined
    })
    const log = this.#server
      ? createLogOverNetwork(life, network, this.#server)
      : await openSimulatedLog({
          life,
          disk: this.disk,
          random: random.fork(`reads ${life.name}`),
          readErrorRate: () => world.rates.read,
          forgetsIds: world.mutation === 'no-dedupe',
        })
    const host = createHost({
      definitions: conditions.definitions,
      log,
      store,
      clock: life.clock,
      registry: new Registry(),
      report: (stream, cause) => report(`${life.name} ${stream}`, cause),
      mailboxLimit: conditions.mailboxLimit,
    })
    await makeSite(life, host)
    const dies = (cause: unknown) => {
      report(`${life.name} publisher`, cause)
      this.kill(false)
    }
    await publishFrom({ world, life, log, store, isEmbedded: !this.#server, dies })
    await this.#listen(life, log)
    void followProjections({
      life,
      log,
      database: world.database,
      projections: allProjections,
      random: random.fork(`database ${life.name}`),
      errorRate: () => world.rates.database,
      report: (cause) => report(`${life.name} projections`, cause),
    })
    await runAnnouncer(world, { life, log, store, host })
    await startDeadlineKeeper({
      host,
      log,
      store,
      clock: life.clock,
      ids: life.ids,
      kinds: conditions.definitions.filter(({ deadline }) => deadline).map(({ kind }) => kind),
      report: (stream, cause) => report(`${life.name} deadlines ${stream}`, cause),
    })
    return { life, log, store, host }
  }

  /** A follower of the log itself, from anywhere in it. */
  async #listen(life: ProcessLife, log: EventLog): Promise<void> {
    const { random, hearings } = this.#world
    const after = random.pick([LOG_START, random.below((await log.head()) + 1)])
    const facts: Fact[] = []
    const filter = random.pick([{}, { kinds: ['race', 'connection'] }, { stream: 'room-site' }])
    const name = `${life.name} log`
    const hearing = { name, ...filter, after, mayRepeat: false, hasFailed: false, facts }
    hearings.push(hearing)
    log.subscribe(
      { after, ...filter, batchSize: random.pick([1, 3, 50]) },
      {
        async deliver(batch) {
          facts.push(...batch)
          await life.pause(0, 3)
        },
        failed: (cause) => {
          hearing.hasFailed = true
          this.#world.report(name, cause)
        },
      },
    )
  }
}

async function makeSite(life: ProcessLife, host: RunningHost): Promise<void> {
  for (const [kind, id] of [
    ['section', SECTION],
    ['room', SITE_ROOM],
  ] as const) {
    await host.send({ kind, id }, { type: `${kind}.create`, name: id } as never, {
      by: null,
      connection: null,
      commandId: life.ids.next(),
    })
  }
}
