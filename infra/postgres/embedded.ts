import { join, resolve } from 'node:path'

import type { Logger } from 'pino'

import { findPostgresBinaries, type PostgresBinaries } from '#infra/postgres/binaries.ts'
import {
  clusterOwner,
  DATABASE_USER,
  makePrivateFolder,
  prepareCluster,
} from '#infra/postgres/cluster.ts'
import { planLaunch, probeSetpriv } from '#infra/postgres/launch.ts'
import { chooseOsUser, closedFolder, type OsUser } from '#infra/postgres/os-user.ts'
import { readPostmasterFile, servesCluster } from '#infra/postgres/postmaster-file.ts'
import { claimOwnership, clearPredecessor } from '#infra/postgres/predecessor.ts'
import { type ServerProcess, startServer } from '#infra/postgres/server-process.ts'
import {
  chooseSocketFolder,
  discardSocketFolder,
  SOCKET_PORT,
} from '#infra/postgres/socket-folder.ts'
import { supervise } from '#infra/postgres/supervise.ts'

/** How to connect through a Unix socket. */
export interface SocketConnection {
  /** The socket's folder: pg takes an absolute path as a host for that. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export interface EmbeddedPostgres {
  readonly connection: SocketConnection
  /** Shuts the server down and resolves when its process has ended. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The cluster is kept in `<dataDir>/postgres`. */
  readonly dataDir: string
  readonly logger: Logger
}

/**
 * Starts a private PostgreSQL, reachable by its owner (and root) through a Unix socket only.
 * When its process ends unasked it is started again. Rejects when it cannot be started, or
 * when another living process runs it (`findEmbeddedPostgres` is how to share it).
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { logger } = options
  const folder = resolve(options.dataDir, 'postgres')
  const cluster = join(folder, 'cluster')
  const binaries = await findPostgresBinaries()
  const ours = await chooseOsUser()
  const user = ours && ((await clusterOwner(cluster)) ?? ours)

  await makePrivateFolder(folder, user)
  await clearPredecessor(folder, logger)
  const launchers = await planLaunches(binaries, user, folder)
  await prepareCluster({ folder, binaries, initdb: launchers.initdb, user, logger })
  await claimOwnership(folder)

  const socketDir = await chooseSocketFolder(folder)
  if (user) await makePrivateFolder(socketDir, user)
  const start = (): Promise<ServerProcess> =>
    startServer({ launch: launchers.postgres, cluster, socketDir, logger })
  const supervised = await supervise(start, logger)
  logger.info({ socketDir }, 'embedded PostgreSQL started')
  return {
    connection: connectionOf(socketDir),
    async stop() {
      await supervised.stop()
      await discardSocketFolder(socketDir)
    },
  }
}

/** The embedded server of a data folder, when some process is running it. */
export async function findEmbeddedPostgres(dataDir: string): Promise<SocketConnection | undefined> {
  const cluster = join(resolve(dataDir, 'postgres'), 'cluster')
  const running = await readPostmasterFile(cluster)
  if (!running?.isReady || !(await servesCluster(running.pid, cluster))) return undefined
  return connectionOf(running.socketDir, running.port)
}

function connectionOf(host: string, port = SOCKET_PORT): SocketConnection {
  return { host, port, user: DATABASE_USER, database: 'postgres' }
}

async function planLaunches(binaries: PostgresBinaries, user: OsUser | undefined, folder: string) {
  const closed =
    user && ((await closedFolder(binaries.home, user)) ?? (await closedFolder(folder, user)))
  const launch = { user, closedFolder: closed, setpriv: probeSetpriv() }
  return {
    initdb: planLaunch(binaries.initdb, launch),
    postgres: planLaunch(binaries.postgres, launch),
  }
}
