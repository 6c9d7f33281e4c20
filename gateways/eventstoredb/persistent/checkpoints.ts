import type { Clock } from '#events/clock.ts'

import type { GroupSettings } from '#gateways/eventstoredb/persistent/settings.ts'
import type { Checkpoint } from '#gateways/eventstoredb/persistent/store.ts'

export interface CheckpointDeps {
  readonly clock: Clock
  readonly settings: GroupSettings
  /** Up to where everything is settled now. */
  readonly reached: () => Checkpoint | undefined
  readonly write: (checkpoint: Checkpoint) => Promise<void>
  readonly report: (cause: unknown) => void
}

/** Notes how far a group is: not after each message, and not too seldom. */
export class Checkpoints {
  readonly #deps: CheckpointDeps
  #settled = 0
  /** The time has come, and there were too few messages. */
  #isDue = false
  #cancel: (() => void) | undefined
  #writing: Promise<void> | undefined
  #last: Checkpoint | undefined
  #isStopped = false

  constructor(deps: CheckpointDeps, last: Checkpoint | undefined) {
    this.#deps = deps
    this.#last = last
  }

  get last(): Checkpoint | undefined {
    return this.#last
  }

  /** A message has been settled, or one that nobody wants was passed. */
  settled(): void {
    // Consumers may still be settling; the group that comes after this one writes now.
    if (this.#isStopped) return
    const { checkpointAfterMs, minCheckpointCount, maxCheckpointCount } = this.#deps.settings
    this.#settled++
    const isEnough = this.#isDue && this.#settled >= minCheckpointCount
    if (isEnough || this.#settled >= Math.max(1, maxCheckpointCount)) this.#begin()
    else if (!this.#isDue) {
      this.#cancel ??= this.#deps.clock.after(checkpointAfterMs, () => this.#due())
    }
  }

  /** Writes what is reached, when that is news. */
  async flush(): Promise<void> {
    await this.#writing
    const reached = this.#deps.reached()
    if (!reached || (this.#last && reached.position <= this.#last.position)) return
    this.#settled = 0
    await this.#deps.write(reached)
    this.#last = reached
  }

  /** For good, but for a last `flush`. */
  stop(): void {
    this.#isStopped = true
    this.#disarm()
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #due(): void {
    this.#cancel = undefined
    this.#isDue = true
    if (this.#settled >= this.#deps.settings.minCheckpointCount) this.#begin()
  }

  #begin(): void {
    this.#disarm()
    this.#isDue = false
    // A checkpoint that cannot be written is tried again with the next messages.
    this.#writing ??= this.flush()
      .catch(this.#deps.report)
      .finally(() => (this.#writing = undefined))
  }
}
