import type { KeyValueEntry } from '#events/key-value.ts'

export interface Lease {
  readonly holder: string
  readonly revision: number
}

/**
 * Who holds which lease, by the newest word of the bucket. Answers to writes and the news of a
 * watch come in any order: what is older than what is known changes nothing.
 */
export class LeaseBook {
  readonly #leases = new Map<string, Lease>()

  get(key: string): Lease | undefined {
    return this.#leases.get(key)
  }

  heldBy(holder: string): (readonly [string, Lease])[] {
    return [...this.#leases].filter(([, lease]) => lease.holder === holder)
  }

  /** What the bucket held at a revision; no holder: it was removed. Answers whether that is news. */
  note(key: string, holder: string | undefined, revision: number): boolean {
    if ((this.get(key)?.revision ?? 0) >= revision) return false
    if (holder === undefined) this.#leases.delete(key)
    else this.#leases.set(key, { holder, revision })
    return true
  }

  /**
   * What the bucket holds now, also when its revisions begin anew because it has lost what it
   * held before. `known` is what stood here when it was asked: later news counts more.
   */
  replace(key: string, known: Lease | undefined, entry: KeyValueEntry | undefined): void {
    if (this.get(key) !== known) return
    if (entry) this.#leases.set(key, { holder: entry.value, revision: entry.revision })
    else this.#leases.delete(key)
  }
}
