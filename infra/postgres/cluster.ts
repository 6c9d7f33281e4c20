import { spawn, spawnSync } from 'node:child_process'
import { chown, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from 'pino'

import type { PostgresBinaries } from '#infra/postgres/binaries.ts'
import { type Launch, postgresEnvironment } from '#infra/postgres/launch.ts'
import type { OsUser } from '#infra/postgres/os-user.ts'

/** The database superuser: the only role, reachable through the private socket alone. */
export const DATABASE_USER = 'veza'

/** Makes the private folder of the cluster and its socket, owned by whom PostgreSQL runs as. */
export async function makePrivateFolder(folder: string, user: OsUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
}

/** Whom an existing cluster belongs to, so that a root with other users goes on using it. */
export async function clusterOwner(cluster: string): Promise<OsUser | undefined> {
  const found = await stat(cluster).catch(ignoreMissing)
  if (!found || found.uid === 0) return undefined
  return { name: `user ${found.uid}`, uid: found.uid, gid: found.gid }
}

export interface ClusterOptions {
  /** The folder that holds `cluster`. */
  readonly folder: string
  readonly binaries: PostgresBinaries
  readonly initdb: Launch
  readonly user: OsUser | undefined
  readonly logger: Logger
}

/**
 * Makes sure that a cluster of the binaries' major version exists. One of another version is
 * deleted and made anew, because its rows are read models, which the log can rebuild.
 */
export async function prepareCluster(options: ClusterOptions): Promise<void> {
  const { folder, binaries, logger } = options
  const cluster = join(folder, 'cluster')
  const major = binaryMajor(binaries)
  const existing = await clusterVersion(cluster)
  if (existing === major) return
  if (existing !== undefined) {
    logger.warn(
      { from: existing, to: major },
      'the cluster is of another PostgreSQL version: deleted, read models are rebuilt from the log',
    )
  }
  await initialise(options, cluster)
  logger.info({ cluster, version: major }, 'PostgreSQL cluster initialised')
}

/** A cluster appears whole or not at all: initdb works in a folder that is renamed at the end. */
async function initialise(options: ClusterOptions, cluster: string): Promise<void> {
  const fresh = join(options.folder, 'cluster.new')
  await rm(fresh, { recursive: true, force: true })
  await makePrivateFolder(fresh, options.user)
  await runInitdb(options, fresh)
  await rm(cluster, { recursive: true, force: true })
  await rename(fresh, cluster)
}

async function runInitdb({ initdb, folder }: ClusterOptions, target: string): Promise<void> {
  const args = [
    ...initdb.leadingArgs,
    `--pgdata=${target}`,
    `--username=${DATABASE_USER}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
  ]
  const child = spawn(initdb.file, args, {
    cwd: folder,
    env: postgresEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(initdb.uid === undefined ? {} : { uid: initdb.uid, gid: initdb.gid! }),
  })
  const output: string[] = []
  child.stdout.on('data', (chunk) => output.push(String(chunk)))
  child.stderr.on('data', (chunk) => output.push(String(chunk)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`initdb failed with ${code}: ${output.join('').slice(-2_000)}`)
}

async function clusterVersion(cluster: string): Promise<string | undefined> {
  const text = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(ignoreMissing)
  return text?.trim()
}

function binaryMajor({ postgres }: PostgresBinaries): string {
  const { stdout, stderr, error } = spawnSync(postgres, ['--version'], {
    encoding: 'utf8',
    env: postgresEnvironment(),
  })
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1]
  if (major === undefined) {
    throw new Error(`cannot run ${postgres}: ${stderr || 'no version'}`, { cause: error })
  }
  return major
}

function ignoreMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT') return undefined
  throw cause
}
