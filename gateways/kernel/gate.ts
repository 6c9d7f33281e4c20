import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

export interface GateLimits {
  /** Tasks that run at a time. */
  readonly running: number
  /** Tasks that wait; beyond that a task is refused with `busy`. */
  readonly waiting: number
}

/** Lets tasks through a few at a time, first come, first served. */
export function createGate({ running, waiting }: GateLimits) {
  const queue: (() => void)[] = []
  let free = running

  function leave(): void {
    const next = queue.shift()
    if (next) next()
    else free++
  }

  return async function pass<T>(task: () => Promise<T>): Promise<T> {
    if (free > 0) free--
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve))
    else throw new Refusal(HOST_REFUSALS.busy, 'Too many are at this now; try again soon.')
    try {
      return await task()
    } finally {
      leave()
    }
  }
}
