import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import type { Logger } from 'pino'

import { type Launch, postgresEnvironment } from '#infra/postgres/launch.ts'
import { readPostmasterFile } from '#infra/postgres/postmaster-file.ts'
import { SOCKET_PORT } from '#infra/postgres/socket-folder.ts'

/** A postmaster that we started. */
export interface ServerProcess {
  readonly pid: number
  /** Resolves, never rejects, when the process has ended: how. */
  readonly exited: Promise<string>
  /** Fast shutdown: sessions are ended, rows are kept. Resolves when the process has ended. */
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly launch: Launch
  readonly cluster: string
  readonly socketDir: string
  readonly logger: Logger
}

const SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '',
  port: SOCKET_PORT,
  unix_socket_permissions: '0700',
  max_connections: 40,
  shared_buffers: '128MB',
  // Rows and checkpoint commit together and the log is the truth: a power cut may cost the
  // last commits, which are then projected again. It cannot corrupt the cluster.
  synchronous_commit: 'off',
  // Nobody replicates from this server.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '512MB',
  // Short queries: compiling them costs more than it saves.
  jit: 'off',
  // Parallel workers need shared memory that containers limit to 64 MB.
  max_parallel_workers_per_gather: 0,
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  logging_collector: 'off',
}

/** Recovery after an unclean end reads the write-ahead log, at most `max_wal_size` of it. */
const READY_MS = 120_000
/** How long clients have to leave by themselves. */
const GOODBYE_MS = 500
const SHUTDOWN_MS = 15_000
const FILE_LOOKS = 500
const FILE_LOOK_MS = 10
const READY_LINE = 'database system is ready to accept connections'

/** Starts PostgreSQL and resolves when it accepts connections. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { launch, cluster, socketDir, logger } = options
  const settings = { ...SETTINGS, unix_socket_directories: socketDir }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(launch.file, [...launch.leadingArgs, '-D', cluster, ...args], {
    cwd: socketDir,
    env: postgresEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ctrl-C at a terminal goes to the whole group: veza decides when PostgreSQL ends.
    detached: true,
    ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.gid! }),
  })
  const exited = whenExited(child)
  await whenReady(child, exited, logger)
  await whenFiled(cluster)
  return { pid: child.pid!, exited, stop: () => shutDown(child, exited, logger) }
}

/**
 * It says so before it writes so: a moment lies between the line and the file by which other
 * processes find it.
 */
async function whenFiled(cluster: string): Promise<void> {
  for (let look = 0; look < FILE_LOOKS; look++) {
    if ((await readPostmasterFile(cluster))?.isReady) return
    await delay(FILE_LOOK_MS)
  }
}

function whenExited(child: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(cause.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

async function whenReady(
  child: ChildProcessByStdio<null, null, Readable>,
  exited: Promise<string>,
  logger: Logger,
): Promise<void> {
  const recent: string[] = []
  let timer: NodeJS.Timeout | undefined
  const ready = new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('PostgreSQL took too long to start')), READY_MS)
    createInterface({ input: child.stderr }).on('line', (line) => {
      record(logger, line)
      if (recent.push(line) > 20) recent.shift()
      if (line.includes(READY_LINE)) resolve()
    })
  })
  const failed = exited.then((how) => {
    throw new Error(`PostgreSQL ended while starting (${how}): ${recent.join(' | ')}`)
  })
  try {
    await Promise.race([ready, failed])
  } catch (cause) {
    child.kill('SIGKILL')
    throw cause
  } finally {
    clearTimeout(timer)
    // Once it runs, its end is somebody else's to watch.
    failed.catch(() => {})
  }
}

async function shutDown(
  child: ChildProcessByStdio<null, null, Readable>,
  exited: Promise<string>,
  logger: Logger,
): Promise<void> {
  // "Smart" is SIGTERM and waits for clients, whose pools may still be saying goodbye; "fast" is
  // SIGINT, "immediate" SIGQUIT (PostgreSQL documentation, 18.5).
  child.kill('SIGTERM')
  const fast = setTimeout(() => child.kill('SIGINT'), GOODBYE_MS)
  const timer = setTimeout(() => {
    logger.warn('PostgreSQL did not end in time: immediate shutdown')
    child.kill('SIGQUIT')
  }, SHUTDOWN_MS)
  await exited
  clearTimeout(fast)
  clearTimeout(timer)
}

/** Its own severities, in ours; details and hints follow the line that they belong to. */
const LEVELS = {
  LOG: 'debug',
  INFO: 'debug',
  NOTICE: 'debug',
  WARNING: 'warn',
  ERROR: 'warn',
  FATAL: 'warn',
  PANIC: 'error',
} as const

function record(logger: Logger, line: string): void {
  const severity = /^([A-Z]+): {2}/.exec(line)
  const level = LEVELS[severity?.[1] as keyof typeof LEVELS] ?? 'debug'
  logger[level]({ postgres: line.slice(0, 2_000) }, 'PostgreSQL')
}
