import { type Fact, LOG_START } from '#events/fact.ts'
import type { Nats } from '#infra/nats/connect-nats.ts'
import { followNats } from '#infra/nats/follow-nats.ts'

import type { Hearing } from '#test/simulation/history.ts'

/** A consumer in a process of its own, with its own checkpoint, which follows over NATS. */
export class FactFollower {
  readonly facts: Fact[] = []
  /** Where the stream began. */
  #after = LOG_START
  #checkpoint = LOG_START
  #failure: unknown
  #change = Promise.withResolvers<void>()
  #following: { stop(): Promise<void> } | undefined

  async start(nats: Nats): Promise<void> {
    this.#following = await followNats(nats, {
      name: 'crash-points',
      loadCheckpoint: async () => this.#checkpoint,
      saveCheckpoint: async (position) => {
        this.#checkpoint = position
        this.#changed()
      },
      deliver: (facts) => void this.facts.push(...facts),
      // What was before the stream's first fact is a hole; after it there must be none.
      readLog: async ({ after, before }) => {
        if (before === undefined) return after
        if (this.facts.length > 0) throw new Error(`${after} to ${before} were not published`)
        this.#after = before - 1
        return this.#after
      },
      failed: (cause) => {
        this.#failure = cause
        this.#changed()
      },
    })
  }

  /** For the history checker, when it must have heard everything up to a position. */
  hearing(through: number): Hearing {
    const { facts } = this
    return { name: 'follower', after: this.#after, through, mayRepeat: false, facts }
  }

  /** Resolves when it has followed so far that what has been heard is enough. */
  async until(isEnough: (facts: readonly Fact[]) => boolean): Promise<void> {
    while (!isEnough(this.facts)) {
      if (this.#failure !== undefined) throw this.#failure
      await this.#change.promise
    }
  }

  async stop(): Promise<void> {
    await this.#following?.stop()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
