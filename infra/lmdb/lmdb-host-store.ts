import { DEADLINE_CONSUMER, type HostStore, type StoredSnapshot } from '#events/host-store.ts'
import { LOG_START } from '#events/fact.ts'

import { openEnvironment, transact } from '#infra/lmdb/environment.ts'

/**
 * The host's store in a file of its own, apart from the log, because all that it holds can be
 * made again and its writes need not wait for the log's flush.
 */
export function createLmdbHostStore(path: string): HostStore {
  const env = openEnvironment({ path })
  const snapshots = env.openDB<string, string>({ name: 'snapshots', encoding: 'string' })
  const deadlines = env.openDB<number, string>({ name: 'deadlines', encoding: 'ordered-binary' })
  const checkpoints = env.openDB<number, string>({
    name: 'checkpoints',
    encoding: 'ordered-binary',
  })
  return {
    async loadSnapshot(stream) {
      const text = snapshots.get(stream)
      return text === undefined ? undefined : (JSON.parse(text) as StoredSnapshot)
    },
    saveSnapshot(stream, snapshot) {
      // The context is live: its text is taken now, not when the writer's turn comes.
      const text = JSON.stringify(snapshot)
      return transact(env, () => void snapshots.put(stream, text))
    },
    async loadDeadlines() {
      const loaded = new Map<string, number>()
      for (const { key, value } of deadlines.getRange()) loaded.set(key, value)
      return loaded
    },
    saveDeadlines(changes, through) {
      return transact(env, () => {
        for (const [stream, at] of changes) {
          if (at === null) void deadlines.remove(stream)
          else void deadlines.put(stream, at)
        }
        void checkpoints.put(DEADLINE_CONSUMER, through)
      })
    },
    loadCheckpoint: async (consumer) => checkpoints.get(consumer) ?? LOG_START,
    saveCheckpoint: (consumer, position) =>
      transact(env, () => void checkpoints.put(consumer, position)),
    close: () => env.close(),
  }
}
