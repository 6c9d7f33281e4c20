import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { Random } from '#test/simulation/random.ts'
import type { VirtualTime } from '#test/simulation/virtual-time.ts'

/** No answer came: whether the other side did it, nobody knows. */
export class ConnectionLost extends Error {
  readonly code = 'connection-lost'

  constructor(what: string) {
    super(`no answer: ${what}`)
  }
}

export interface Call<T> {
  readonly what: string
  readonly from: ProcessLife
  /** Who answers, as it is when the request arrives. */
  readonly to: () => ProcessLife | undefined
  readonly work: () => Promise<T>
  readonly timeoutMs: number
  /** What is asked may arrive twice: only where asking twice is the same as asking once. */
  readonly isRepeatable: boolean
}

/**
 * Requests and answers between processes. Each is delayed, so that later ones overtake it, some
 * requests arrive twice or long after nobody waits any more, and some never.
 */
export class SimulatedNetwork {
  readonly #time: VirtualTime
  readonly #random: Random
  /** How likely a request or an answer is lost. */
  lossRate = 0
  /** How likely a request arrives twice. */
  repeatRate = 0
  slownessMs = 3

  constructor(time: VirtualTime, random: Random) {
    this.#time = time
    this.#random = random
  }

  /** Rejects with what `work` throws, or with `ConnectionLost`. */
  call<T>({ what, from, to, work, timeoutMs, isRepeatable }: Call<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = from.after(timeoutMs, () => reject(new ConnectionLost(what)))
      const answer = (tell: () => void) => {
        if (this.#isLost()) return
        from.after(this.#delay(), () => {
          giveUp()
          tell()
        })
      }
      const arrive = () => {
        const other = to()
        if (!other?.isAlive) {
          answer(() => reject(new ConnectionLost(`${what}: nobody is there`)))
          return
        }
        work().then(
          (value) => answer(() => resolve(value)),
          (cause: unknown) => answer(() => reject(cause)),
        )
      }
      // Requests are under way without their sender: they arrive though it be dead.
      if (!this.#isLost()) this.#time.after(this.#delay(), arrive)
      if (isRepeatable && this.#random.chance(this.repeatRate)) {
        this.#time.after(this.#delay() + this.#random.between(0, 2 * timeoutMs), arrive)
      }
    })
  }

  #isLost(): boolean {
    return this.#random.chance(this.lossRate)
  }

  #delay(): number {
    const isLate = this.#random.chance(0.02)
    return this.#random.between(0.1, isLate ? 40 * this.slownessMs : this.slownessMs)
  }
}
