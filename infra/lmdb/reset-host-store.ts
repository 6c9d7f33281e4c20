import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { LMDB_FILE } from '#infra/lmdb/file-header.ts'
import { openEnvironment } from '#infra/lmdb/environment.ts'
import { DEADLINE_CONSUMER } from '#events/host-store.ts'

/**
 * Makes the host's store fit a log that was put back to an earlier state or replaced. A snapshot
 * is used when the log has reached its version, but that may be another history by then: all go.
 * The deadlines are found again from the start. A consumer that was ahead goes on from the log's
 * head, because its effects for what is no longer there have happened.
 */
export async function resetHostStore(path: string, head: number): Promise<void> {
  if (!existsSync(join(path, LMDB_FILE))) return
  const env = openEnvironment({ path })
  try {
    const snapshots = env.openDB({ name: 'snapshots' })
    const deadlines = env.openDB({ name: 'deadlines' })
    const checkpoints = env.openDB<number, string>({
      name: 'checkpoints',
      encoding: 'ordered-binary',
    })
    env.transactionSync(() => {
      snapshots.clearSync()
      deadlines.clearSync()
      for (const { key, value } of Array.from(checkpoints.getRange())) {
        if (key === DEADLINE_CONSUMER) void checkpoints.remove(key)
        else if (value > head) void checkpoints.put(key, head)
      }
    })
  } finally {
    await env.close()
  }
}
