import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Where the program can be made to die: before or after something is done, or amid it, when it
 * has been begun and nobody has been told of its end.
 */
export const POINTS = [
  'before-append',
  'amid-append',
  'after-append',
  'before-publish',
  'after-publish',
  'after-effect',
  'after-checkpoint',
  'after-deadlines',
  'amid-snapshot',
  'after-snapshot',
] as const

export type Point = (typeof POINTS)[number]

export interface PlannedDeath {
  readonly point: Point
  /** Which passing of the point is the last: 1 for the first. */
  readonly passing: number
}

/** Ends the process with SIGKILL, by its own hand, at the planned passing of the planned point. */
export class Death {
  readonly #planned: PlannedDeath | undefined
  #passings = 0

  constructor(planned: PlannedDeath | undefined) {
    this.#planned = planned
  }

  pass(point: Exclude<Point, `amid-${string}`>): void {
    if (this.#isDue(point)) die()
  }

  /** Runs `work`; when its time has come, it dies within a few turns of the event loop. */
  async amid<T>(point: Extract<Point, `amid-${string}`>, work: () => Promise<T>): Promise<T> {
    if (!this.#isDue(point)) return await work()
    // Whether it succeeds does not matter any more: nobody hears of it.
    void work()
    for (let turns = this.#planned!.passing % 4; turns > 0; turns--) await nextTurn()
    return die()
  }

  #isDue(point: Point): boolean {
    return point === this.#planned?.point && ++this.#passings === this.#planned.passing
  }
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('SIGKILL has not ended the process')
}
