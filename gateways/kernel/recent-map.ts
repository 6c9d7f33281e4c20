/**
 * A map that holds so many entries and no more. What was used among the last half of that is
 * there; the older half goes at once when room is needed. A `Map` that loses its oldest entry
 * each time would skip all places that have become empty before it: 60 µs at 100,000 entries.
 */
export class RecentMap<K, V> {
  #recent = new Map<K, V>()
  #older = new Map<K, V>()
  readonly #half: number

  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  get size(): number {
    return this.#recent.size + this.#older.size
  }

  /** The value, which counts as used by that. */
  get(key: K): V | undefined {
    const value = this.#recent.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: K, value: V): void {
    this.#older.delete(key)
    if (this.#recent.size >= this.#half && !this.#recent.has(key)) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, value)
  }
}
