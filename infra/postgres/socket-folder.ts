import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The port in the socket's name; nothing listens on it. */
export const SOCKET_PORT = 5432

/** sun_path holds 104 bytes on BSD and macOS, 108 on Linux: stay below both. */
const SOCKET_PATH_BYTES = 100

const PREFIX = 'veza-postgres-'

/**
 * The folder for the Unix socket: `preferred` where the socket's path fits into an address,
 * else a fresh private one below the system's folder for temporary files. The server records
 * the choice in `postmaster.pid`, where others find it.
 */
export async function chooseSocketFolder(preferred: string): Promise<string> {
  const path = join(preferred, `.s.PGSQL.${SOCKET_PORT}`)
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return preferred
  const mark = createHash('sha256').update(preferred).digest('hex').slice(0, 8)
  return mkdtemp(join(os.tmpdir(), `${PREFIX}${mark}-`))
}

/** Removes a temporary socket folder; any other is left as it is. */
export async function discardSocketFolder(folder: string): Promise<void> {
  const isOurs = dirname(folder) === os.tmpdir() && basename(folder).startsWith(PREFIX)
  if (isOurs) await rm(folder, { recursive: true, force: true })
}
