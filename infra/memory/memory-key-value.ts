import {
  assertStorable,
  type KeyValue,
  type KeyValueChange,
  KeyValueConflict,
  type KeyValueEntry,
  KeyValueUnavailable,
} from '#events/key-value.ts'

/** A bucket that lives as long as the process; several users of one object share it. */
export function createMemoryKeyValue(): KeyValue {
  const entries = new Map<string, KeyValueEntry>()
  const watchers = new Set<(change: KeyValueChange) => void>()
  let revision = 0
  let isClosed = false

  function assertOpen(): void {
    if (isClosed) throw new KeyValueUnavailable('the bucket is closed')
  }

  function assertAt(key: string, expected: number): void {
    const actual = entries.get(key)?.revision ?? 0
    if (actual !== expected) {
      throw new KeyValueConflict(`${key} is at revision ${actual}, expected ${expected}`)
    }
  }

  function write(key: string, value: string | undefined): number {
    revision++
    if (value === undefined) entries.delete(key)
    else entries.set(key, { key, value, revision })
    for (const changed of watchers) changed({ key, value, revision })
    return revision
  }

  return {
    async get(key) {
      assertOpen()
      assertStorable(key)
      return entries.get(key)
    },
    async entries() {
      assertOpen()
      return inOrder(entries)
    },
    async put(key, value) {
      assertOpen()
      assertStorable(key, value)
      return write(key, value)
    },
    async create(key, value) {
      assertOpen()
      assertStorable(key, value)
      assertAt(key, 0)
      return write(key, value)
    },
    async update(key, value, expected) {
      assertOpen()
      assertStorable(key, value)
      assertAt(key, expected)
      return write(key, value)
    },
    async remove(key, expected) {
      assertOpen()
      assertStorable(key)
      if (expected !== undefined) assertAt(key, expected)
      if (entries.has(key)) write(key, undefined)
    },
    async watch(changed) {
      assertOpen()
      // Two watches with one function are two watchers.
      const watcher = (change: KeyValueChange) => changed(change)
      for (const entry of inOrder(entries)) watcher(entry)
      watchers.add(watcher)
      return {
        async stop() {
          watchers.delete(watcher)
        },
      }
    },
    async close() {
      isClosed = true
      watchers.clear()
    },
  }
}

function inOrder(entries: ReadonlyMap<string, KeyValueEntry>): KeyValueEntry[] {
  return [...entries.values()].toSorted((a, b) => a.revision - b.revision)
}
