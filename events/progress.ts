/** How far a long piece of work is. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** Of late, not over all: work changes its pace. */
  readonly perSecond: number
  /** Null while nothing is known of the pace. */
  readonly etaMs: number | null
}

interface Sample {
  readonly at: number
  readonly done: number
}

/** Over how long the pace is taken, in so many steps. */
const WINDOW_MS = 10_000
const STEPS = 20

/** Tells pace and time left from what has been done when. */
export class ProgressMeter {
  readonly #now: () => number
  readonly #samples: Sample[] = []

  /** `now` in milliseconds; work begins with the meter. */
  constructor(now: () => number, done = 0) {
    this.#now = now
    this.#samples.push({ at: now(), done })
  }

  update(done: number, total: number): Progress {
    const at = this.#now()
    const first = this.#samples[0]!
    const elapsedMs = at - first.at
    const perSecond = elapsedMs > 0 ? Math.max(0, ((done - first.done) * 1_000) / elapsedMs) : 0
    this.#note({ at, done })
    const left = Math.max(0, total - done)
    const etaMs = left === 0 ? 0 : perSecond > 0 ? Math.ceil((left * 1_000) / perSecond) : null
    return { done, total: Math.max(total, done), perSecond, etaMs }
  }

  #note(sample: Sample): void {
    if (sample.at - this.#samples.at(-1)!.at < WINDOW_MS / STEPS) return
    this.#samples.push(sample)
    while (this.#samples.length > 1 && this.#samples[1]!.at <= sample.at - WINDOW_MS) {
      this.#samples.shift()
    }
  }
}
