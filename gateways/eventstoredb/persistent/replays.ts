import type { Fact } from '#events/fact.ts'

import type { Backlog } from '#gateways/eventstoredb/persistent/backlog.ts'
import type { Message } from '#gateways/eventstoredb/persistent/consumer.ts'
import type { Parked } from '#gateways/eventstoredb/persistent/parked.ts'

export interface ReplaysDeps {
  readonly parked: Parked
  readonly backlog: Backlog
  readonly messageOf: (record: Fact) => Promise<Message>
  /** Gives out what waits. */
  readonly pump: () => void
  /** Told of what goes wrong after the caller has been answered. */
  readonly report: (cause: unknown) => void
}

/**
 * Puts parked messages back into the backlog, one replay after the other, and no more at once than
 * it holds: of a long list the rest follows as consumers take what is there.
 */
export class Replays {
  readonly #deps: ReplaysDeps
  #last: Promise<void> = Promise.resolve()
  /** Those who wait for the answer to their replay. */
  readonly #asking = new Set<() => void>()
  #isStopped = false

  constructor(deps: ReplaysDeps) {
    this.#deps = deps
  }

  /**
   * Up to a version of the parked ones, exclusive. Resolves when all are in the backlog, or as many
   * as it holds: nobody may be there to take them. Rejects with the log's errors.
   */
  async replay(stopAt: number): Promise<void> {
    const { promise: filled, resolve } = Promise.withResolvers<void>()
    let isAnswered = false
    this.#asking.add(resolve)
    const replayed = this.#last.then(() => this.#replay(stopAt))
    this.#last = replayed.catch((cause: unknown) => {
      if (isAnswered) this.#deps.report(cause)
    })
    if (this.#deps.backlog.isFullAgain) resolve()
    try {
      await Promise.race([replayed, filled])
    } finally {
      isAnswered = true
      this.#asking.delete(resolve)
    }
  }

  /** Whoever waits for room must be woken then. */
  stop(): void {
    this.#isStopped = true
  }

  async #replay(stopAt: number): Promise<void> {
    const { parked, backlog, messageOf, pump } = this.#deps
    for await (const { record, parkedAs } of parked.replay(stopAt)) {
      const message = { ...(await messageOf(record)), parkedAs }
      if (backlog.isFullAgain) pump()
      while (backlog.isFullAgain && !this.#isStopped) {
        for (const answer of this.#asking) answer()
        await backlog.room()
      }
      if (this.#isStopped) return
      backlog.putBack(message)
    }
    pump()
  }
}
