import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb'

const READERS = 512

/** Opens an LMDB file the way that veza uses them. */
export function openEnvironment(options: RootDatabaseOptionsWithPath): RootDatabase {
  return open({
    maxDbs: 16,
    maxReaders: READERS,
    // Without it LMDB writes what happened to lie in memory into the unused parts of its pages:
    // answers with members' addresses were found there, and a password could be.
    noMemInit: false,
    // lmdb's default shows a commit before it is flushed. LMDB's own, plain way shows nobody,
    // not even another process, what a power cut could still take back; it is as fast here,
    // because one group waits for one flush either way.
    overlappingSync: false,
    // The writes of a turn are otherwise gathered in a batch whose own promise nobody holds:
    // when a commit fails, it rejects unseen and would end the process.
    eventTurnBatching: false,
    ...options,
  })
}

/**
 * Runs `write`, whose puts and removes are done when it returns, and commits them on lmdb's own
 * thread: all or none. Rejects with the reason when the disk refuses.
 */
export async function transact(env: RootDatabase, write: () => void): Promise<void> {
  try {
    await env.childTransaction(write)
  } catch (cause) {
    // lmdb keeps the reason in a promise of its own, which rejects with it.
    await (cause as { commitError?: Promise<never> }).commitError
    throw cause
  }
}
