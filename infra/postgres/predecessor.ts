import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import type { Logger } from 'pino'

import { isAlive, readPostmasterFile, servesCluster } from '#infra/postgres/postmaster-file.ts'
import { discardSocketFolder } from '#infra/postgres/socket-folder.ts'

const OWNER_FILE = 'owner.pid'

/** How long each way of asking may take before the next, harder one. */
const PATIENCE_MS = 15_000
const POLL_MS = 25

/** Notes that this process runs the server, for the next one to tell an orphan by. */
export async function claimOwnership(folder: string): Promise<void> {
  await writeFile(join(folder, OWNER_FILE), `${process.pid}\n`)
}

/**
 * Ends the server that an owner left behind when it was killed. It is shut down, not taken
 * over: a new child can be watched, and its settings are today's. Throws when the owner lives.
 */
export async function clearPredecessor(folder: string, logger: Logger): Promise<void> {
  const cluster = join(folder, 'cluster')
  const left = await readPostmasterFile(cluster)
  if (!left) return
  if (await servesCluster(left.pid, cluster)) {
    const owner = await readOwner(folder)
    if (owner !== undefined && isAlive(owner)) {
      throw new Error(`process ${owner} is using the embedded PostgreSQL in ${folder}`)
    }
    logger.warn({ pid: left.pid }, 'an orphaned PostgreSQL is still running: shutting it down')
    await endProcess(left.pid, cluster)
  }
  // Its process is gone, so the lock is stale, even if the id is in use by something else.
  await rm(join(cluster, 'postmaster.pid'), { force: true })
  await discardSocketFolder(left.socketDir)
}

async function endProcess(pid: number, cluster: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalIfAlive(pid, signal)
    for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
      if (!(await servesCluster(pid, cluster))) return
      await wait(POLL_MS)
    }
  }
  throw new Error(`the orphaned PostgreSQL (process ${pid}) does not end: end it by hand`)
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw new Error(`cannot end the orphaned PostgreSQL (process ${pid})`, { cause })
    }
  }
}

async function readOwner(folder: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(join(folder, OWNER_FILE), 'utf8'), 10)
    return Number.isNaN(pid) ? undefined : pid
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}
