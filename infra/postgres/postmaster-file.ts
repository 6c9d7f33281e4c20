import { readFile, readlink, realpath } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What a running server wrote to `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  readonly socketDir: string
  readonly isReady: boolean
}

/**
 * Reads `postmaster.pid`: process id, data folder, start time, port, socket folder, address,
 * shared memory key, status, one a line (PostgreSQL's src/include/utils/pidfile.h).
 */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  let text: string
  try {
    text = await readFile(join(cluster, 'postmaster.pid'), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read postmaster.pid in ${cluster}`, { cause })
  }
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return {
    pid,
    port: Number(lines[3] ?? 0),
    socketDir: lines[4] ?? '',
    isReady: lines[7] === 'ready',
  }
}

/** Whether the process lives and its data folder is this cluster: ids are used again. */
export async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const folder = await realpath(cluster)
  if (process.platform === 'linux') {
    // A postmaster's working folder is its data folder.
    return readlink(`/proc/${pid}/cwd`).then(
      (cwd) => cwd === folder,
      () => false,
    )
  }
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return (stdout ?? '').includes(folder)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}
