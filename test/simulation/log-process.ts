import { ProcessLife } from '#test/simulation/process-life.ts'
import { SimulatedDisk } from '#test/simulation/simulated-disk.ts'
import { openSimulatedLog, type SimulatedLog } from '#test/simulation/simulated-log.ts'
import type { World } from '#test/simulation/world.ts'

const RESTART_MS = 200

/** The process of a cluster's log, which is started again whenever it ends. */
export class LogProcess {
  readonly disk: SimulatedDisk
  readonly #world: World
  #lives = 0
  #life: ProcessLife | undefined
  #log: SimulatedLog | undefined

  constructor(world: World) {
    this.#world = world
    this.disk = new SimulatedDisk(world.random.fork('disk log'), world.mutation === 'disk-lies')
  }

  get running(): { readonly life: ProcessLife; readonly log: SimulatedLog } | undefined {
    return this.#life && this.#log && { life: this.#life, log: this.#log }
  }

  start(): void {
    const { time, random, rates, mutation } = this.#world
    const name = `log.${++this.#lives}`
    const life = new ProcessLife(name, time, random.fork(name))
    this.#life = life
    time.note(`${name} starts`)
    openSimulatedLog({
      life,
      disk: this.disk,
      random: random.fork(`reads ${name}`),
      readErrorRate: () => rates.read,
      forgetsIds: mutation === 'no-dedupe',
    }).then(
      (log) => {
        this.#log = log
      },
      (cause: unknown) => {
        this.#world.report(`${name} start`, cause)
        this.kill(false)
      },
    )
  }

  kill(isPowerLost: boolean): void {
    if (!this.#life?.isAlive) return
    this.#world.time.note(`${this.#life.name} dies${isPowerLost ? ' by a power cut' : ''}`)
    this.#life.kill()
    this.#log = undefined
    this.disk.crash(isPowerLost)
    this.#world.time.after(RESTART_MS, () => this.start())
  }
}
