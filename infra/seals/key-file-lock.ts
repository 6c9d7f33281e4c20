import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

import { MasterKeyTrouble } from '#events/seals.ts'

import type { Random } from '#infra/seals/box.ts'

/** What is done under the lock takes milliseconds: who holds it for so long has died. */
const STALE_MS = 30_000
const RETRY_MS = 25

/**
 * Runs `work` while no other process does so under the same path. `work` is synchronous and
 * gets a check that throws when the lock was lost, to be called right before it commits.
 * Rejects with `MasterKeyTrouble` `master-key-busy` when nobody gives way.
 */
export async function underLock<T>(
  path: string,
  random: Random,
  work: (assertHeld: () => void) => T,
): Promise<T> {
  const mark = random(16).toString('hex')
  for (let tries = 0; !take(path, mark); tries++) {
    if (isStale(path)) rmSync(path, { force: true })
    else if (tries * RETRY_MS > 2 * STALE_MS) throw busy(path)
    else await wait(RETRY_MS)
  }
  try {
    return work(() => {
      if (!holds(path, mark)) throw busy(path)
    })
  } finally {
    if (holds(path, mark)) rmSync(path, { force: true })
  }
}

function take(path: string, mark: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, mark)
    closeSync(file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

/** By the machine's own clock: it is the one that the file system writes down. */
function isStale(path: string): boolean {
  const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return modifiedMs !== undefined && Math.abs(Date.now() - modifiedMs) > STALE_MS
}

function holds(path: string, mark: string): boolean {
  try {
    return readFileSync(path, 'utf8') === mark
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}

function busy(path: string): MasterKeyTrouble {
  return new MasterKeyTrouble('master-key-busy', `another process holds ${path}`)
}
