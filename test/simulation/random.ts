/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number
  /** A whole number from 0 up to, and without, `count`. */
  below(count: number): number
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** Another source, which does not follow how often this one is asked. */
  fork(name: string): Random
}

/** Mulberry32: 32 bits of state are plenty for a run, and it is fast. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    below: (count) => Math.floor(random.next() * count),
    between: (low, high) => low + random.next() * (high - low),
    chance: (probability) => random.next() < probability,
    pick: (from) => from[random.below(from.length)]!,
    fork: (name) => createRandom(hashOf(name, seed)),
  }
  return random
}

/** FNV-1a over the characters of a text. */
export function hashOf(text: string, start = 0x811c9dc5): number {
  let hash = (start ^ 0x811c9dc5) >>> 0
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash
}
