import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where everything lies that one server keeps. */
export interface DataFolder {
  readonly path: string
  /** The event log. */
  readonly log: string
  /** What the host keeps to be faster; can be deleted. */
  readonly host: string
  /** Password hashes. */
  readonly vault: string
  /** The socket of the command line. */
  readonly controlSocket: string
}

/** The kernel's limit for a Unix socket's path is 108 bytes with its closing NUL. */
const SOCKET_PATH_BYTES = 100

export function dataFolder(path: string): DataFolder {
  const root = resolve(path)
  return {
    path: root,
    log: join(root, 'log'),
    host: join(root, 'host'),
    vault: join(root, 'vault'),
    controlSocket: socketPath(root),
  }
}

/** Makes the folder. Others may pass through it, because PostgreSQL runs as another user for root. */
export function makeDataFolder({ path, log, host }: DataFolder): void {
  mkdirSync(path, { recursive: true, mode: 0o711 })
  for (const folder of [log, host]) mkdirSync(folder, { recursive: true, mode: 0o700 })
}

function socketPath(root: string): string {
  const natural = join(root, 'control.sock')
  if (Buffer.byteLength(natural) <= SOCKET_PATH_BYTES) return natural
  const name = createHash('sha256').update(root).digest('hex').slice(0, 24)
  return join(tmpdir(), `veza-${name}.sock`)
}
