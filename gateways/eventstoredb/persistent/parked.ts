import type { Fact } from '#events/fact.ts'

import type { Door } from '#gateways/eventstoredb/command.ts'
import { findRecord, targetOf } from '#gateways/eventstoredb/links.ts'
import type { GroupName } from '#gateways/eventstoredb/persistent/settings.ts'
import type { GroupStore } from '#gateways/eventstoredb/persistent/store.ts'

export interface Replayed {
  readonly record: Fact
  /** Its version among the parked messages. */
  readonly parkedAs: number
}

/**
 * The messages of a group that no consumer could deal with. Those that are replayed count as
 * parked until all of them are settled: a crash before brings them back here, not nowhere.
 */
export class Parked {
  readonly #store: GroupStore
  readonly #log: Door['log']
  readonly #name: GroupName
  /** Replayed and not settled yet. */
  readonly #open = new Set<number>()
  #replayedTo = 0

  constructor(store: GroupStore, log: Door['log'], name: GroupName) {
    this.#store = store
    this.#log = log
    this.#name = name
  }

  add(record: Fact, reason: string): Promise<void> {
    return this.#store.park(this.#name, record, reason)
  }

  /** What is parked before a version, exclusive, and is not being replayed already. */
  async *replay(stopAt: number): AsyncGenerator<Replayed> {
    const range = await this.#store.parkedRange(this.#name)
    const from = Math.max(range.from, this.#replayedTo)
    for await (const link of this.#store.parkedFrom(this.#name, from)) {
      if (link.version >= Math.min(stopAt, range.to)) break
      const target = targetOf(link)
      const record = target && (await findRecord(this.#log, target))
      // Not before it is found: what is settled meanwhile must not unpark this one too.
      this.#replayedTo = link.version + 1
      if (!record) continue
      this.#open.add(link.version)
      yield { record, parkedAs: link.version }
    }
    // Links that lead nowhere any more are nobody's to settle.
    if (this.#open.size === 0) await this.#unpark()
  }

  async settled(parkedAs: number): Promise<void> {
    this.#open.delete(parkedAs)
    if (this.#open.size === 0) await this.#unpark()
  }

  async #unpark(): Promise<void> {
    const { from } = await this.#store.parkedRange(this.#name)
    if (this.#replayedTo > from) await this.#store.unpark(this.#name, this.#replayedTo)
  }
}
