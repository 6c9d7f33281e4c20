import { findRepeated } from '#infra/log/append-rules.ts'

import type { Fact, NewFact } from '#events/fact.ts'

const REMEMBERED = 65_536

/**
 * The ids that this process has appended last, and where. EventStoreDB takes an id that it has
 * for a new event when the writer expects the stream's present version, and forgets ids in time
 * when nothing particular is expected; of these it is known better here, without asking.
 */
export class RecordedIds {
  readonly #places = new Map<string, Pick<Fact, 'stream' | 'version'>>()
  /** Of appends that were given up without an answer. */
  readonly #doubtful = new Set<string>()

  add(facts: readonly Fact[]): void {
    for (const { id, stream, version } of facts) {
      this.#places.set(id, { stream, version })
      this.#doubtful.delete(id)
    }
    forgetOldest(this.#places)
  }

  /** Whether these facts were recorded is not known. */
  doubt(facts: readonly NewFact[]): void {
    for (const { id } of facts) this.#doubtful.add(id)
    forgetOldest(this.#doubtful)
  }

  isDoubtful(facts: readonly NewFact[]): boolean {
    return this.#doubtful.size > 0 && facts.some(({ id }) => this.#doubtful.has(id))
  }

  /**
   * The versions that an append has had before, or undefined for a new one. Throws
   * `AppendRefused` as `findRepeated` does.
   */
  versionsOf(stream: string, facts: readonly NewFact[]): [first: number, last: number] | undefined {
    const places = findRepeated(stream, facts, (id) => this.#places.get(id) as Fact | undefined)
    return places && [places[0]!.version, places.at(-1)!.version]
  }
}

/** Sets and maps are in the order in which their keys came. */
function forgetOldest(ids: Pick<Set<string>, 'size' | 'keys' | 'delete'>): void {
  for (const id of ids.keys()) {
    if (ids.size <= REMEMBERED) return
    ids.delete(id)
  }
}
