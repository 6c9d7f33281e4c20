/**
 * The value under a key that somebody else chose, or undefined. Plain indexing would find
 * `constructor` and the like on every object.
 */
export function entryOf<V>(record: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** Whether a key can be set on a plain object: `__proto__` would change its nature instead. */
export function isPlainKey(key: string): boolean {
  return key !== '__proto__'
}
