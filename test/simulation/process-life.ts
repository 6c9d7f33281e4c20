import type { Clock, Ids } from '#events/clock.ts'

import type { Random } from '#test/simulation/random.ts'
import type { VirtualTime } from '#test/simulation/virtual-time.ts'

/**
 * One run of a process. When it is killed, nothing that it waits for ever comes: its code stops
 * at whatever `await` it stands, as after `kill -9`.
 */
export class ProcessLife {
  readonly name: string
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #pending = new Set<() => void>()
  #isAlive = true
  #skewMs = 0

  constructor(name: string, time: VirtualTime, random: Random) {
    this.name = name
    this.#time = time
    this.#random = random
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** The process's own clock, which may jump; its timers do not. */
  readonly clock: Clock = {
    now: () => Math.floor(this.#time.now + this.#skewMs),
    after: (delayMs, run) => this.after(delayMs, run),
  }

  /** UUIDs of version 7 from the process's clock. */
  readonly ids: Ids = {
    next: () => {
      const time = Math.max(0, this.clock.now()).toString(16).padStart(12, '0')
      const random = Array.from({ length: 4 }, () =>
        this.#random
          .below(2 ** 24)
          .toString(16)
          .padStart(6, '0'),
      ).join('')
      return (
        `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}` +
        `-8${random.slice(3, 6)}-${random.slice(6, 18)}`
      )
    },
  }

  setClock(skewMs: number): void {
    this.#skewMs = skewMs
  }

  after(delayMs: number, run: () => void): () => void {
    if (!this.#isAlive) return () => {}
    const stop = this.#time.after(delayMs, () => {
      this.#pending.delete(cancel)
      run()
    })
    const cancel = () => {
      this.#pending.delete(cancel)
      stop()
    }
    this.#pending.add(cancel)
    return cancel
  }

  /** Takes a while; never ends once the process is dead. */
  pause(lowMs: number, highMs = lowMs): Promise<void> {
    return new Promise((resolve) => this.after(this.#random.between(lowMs, highMs), resolve))
  }

  kill(): void {
    this.#isAlive = false
    for (const cancel of this.#pending) cancel()
  }
}
