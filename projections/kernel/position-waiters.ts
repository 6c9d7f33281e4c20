import type { Clock } from '#events/clock.ts'

interface Waiter {
  readonly position: number
  readonly settle: (isReached: boolean) => void
}

/** Callers that wait until the read models have reached a position. */
export class PositionWaiters {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #position = 0
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when the position was reached within the time. */
  reached(position: number, timeoutMs: number): Promise<boolean> {
    if (position <= this.#position) return Promise.resolve(true)
    if (this.#isClosed || timeoutMs <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        settle: (isReached) => {
          cancel()
          this.#waiters.delete(waiter)
          resolve(isReached)
        },
      }
      const cancel = this.#clock.after(timeoutMs, () => waiter.settle(false))
      this.#waiters.add(waiter)
    })
  }

  /** The position may also go back, when the read models are made anew. */
  moveTo(position: number): void {
    this.#position = position
    for (const waiter of this.#waiters) {
      if (waiter.position <= position) waiter.settle(true)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const waiter of this.#waiters) waiter.settle(false)
  }
}
