import { DEADLINE_CONSUMER, type HostStore, type StoredSnapshot } from '#events/host-store.ts'
import { LOG_START } from '#events/fact.ts'

/** A host store that lives as long as the process. */
export function createMemoryHostStore(): HostStore {
  const snapshots = new Map<string, string>()
  const deadlines = new Map<string, number>()
  const checkpoints = new Map<string, number>()
  return {
    async loadSnapshot(stream) {
      const text = snapshots.get(stream)
      return text === undefined ? undefined : (JSON.parse(text) as StoredSnapshot)
    },
    async saveSnapshot(stream, snapshot) {
      snapshots.set(stream, JSON.stringify(snapshot))
    },
    loadDeadlines: async () => new Map(deadlines),
    async saveDeadlines(changes, through) {
      for (const [stream, at] of changes) {
        if (at === null) deadlines.delete(stream)
        else deadlines.set(stream, at)
      }
      checkpoints.set(DEADLINE_CONSUMER, through)
    },
    loadCheckpoint: async (consumer) => checkpoints.get(consumer) ?? LOG_START,
    async saveCheckpoint(consumer, position) {
      checkpoints.set(consumer, position)
    },
    async close() {},
  }
}
