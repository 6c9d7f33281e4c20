/**
 * Keeps a release's disk and its facts in step: what moves or removes files has the release
 * for itself, while uploads that end may share it. First come, first served.
 */
export interface ReleaseLocks {
  shared<T>(key: string, run: () => Promise<T>): Promise<T>
  exclusive<T>(keys: readonly string[], run: () => Promise<T>): Promise<T>
}

interface Turns {
  /** Ends when all that came before the next exclusive holder are done. */
  sharers: Promise<unknown>[]
  /** Ends when the last exclusive holder is done. */
  owner: Promise<unknown>
  holders: number
}

export function createReleaseLocks(): ReleaseLocks {
  const locks = new Map<string, Turns>()

  const hold = async <T>(key: string, isExclusive: boolean, run: () => Promise<T>): Promise<T> => {
    const turns = locks.get(key) ?? { sharers: [], owner: Promise.resolve(), holders: 0 }
    locks.set(key, turns)
    turns.holders++
    const before = isExclusive ? Promise.all([turns.owner, ...turns.sharers]) : turns.owner
    const mine = before.then(run)
    // Whoever waits for this turn does not care how it went.
    const settled = mine.catch(() => {})
    if (isExclusive) {
      turns.owner = settled
      turns.sharers = []
    } else {
      turns.sharers.push(settled)
      void settled.then(() => (turns.sharers = turns.sharers.filter((one) => one !== settled)))
    }
    try {
      return await mine
    } finally {
      if (--turns.holders === 0) locks.delete(key)
    }
  }

  return {
    shared: (key, run) => hold(key, false, run),
    exclusive(keys, run) {
      // In one order for everyone: two renames that cross do not wait for each other.
      const inOrder = [...new Set(keys)].toSorted()
      const nested = inOrder.reduceRight((inner, key) => () => hold(key, true, inner), run)
      return nested()
    },
  }
}
