import { spawnSync } from 'node:child_process'

import type { OsUser } from '#infra/postgres/os-user.ts'

/** How to start one of PostgreSQL's programs. */
export interface Launch {
  readonly file: string
  /** Stand before the program's own arguments. */
  readonly leadingArgs: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

export interface LaunchOptions {
  /** Undefined: as ourselves. */
  readonly user: OsUser | undefined
  /** A folder on the way that this user cannot enter, if there is one. */
  readonly closedFolder: string | undefined
  readonly setpriv: SetprivAbility
}

/** What this machine's setpriv(1) can do; busybox has one without `--pdeathsig`. */
export interface SetprivAbility {
  readonly exists: boolean
  readonly deathSignal: boolean
  readonly capabilities: boolean
}

export function probeSetpriv(): SetprivAbility {
  const { stdout, error } = spawnSync('setpriv', ['--help'], { encoding: 'utf8' })
  const help = error ? '' : stdout
  return {
    exists: !error,
    deathSignal: help.includes('--pdeathsig'),
    capabilities: help.includes('--ambient-caps') && help.includes('--reuid'),
  }
}

/**
 * Wraps a program so that it runs as the chosen user and, where setpriv(1) allows it, is asked
 * for a fast shutdown by the kernel when we die. As a user who cannot enter a folder on the
 * way, it keeps one capability of root, dac_override, and nothing else.
 */
export function planLaunch(program: string, options: LaunchOptions): Launch {
  const { user, closedFolder, setpriv } = options
  const deathSignal = setpriv.deathSignal ? ['--pdeathsig', 'INT'] : []
  if (!user) {
    return setpriv.deathSignal
      ? { file: 'setpriv', leadingArgs: [...deathSignal, program] }
      : { file: program, leadingArgs: [] }
  }
  if (closedFolder !== undefined && !setpriv.capabilities) {
    throw new Error(
      `PostgreSQL runs as ${user.name}, who may not enter ${closedFolder}: put veza and its data folder elsewhere, start it as another user than root, install setpriv (util-linux), or set VEZA_DATABASE_URL`,
    )
  }
  if (!setpriv.capabilities) {
    return { file: program, leadingArgs: [], uid: user.uid, gid: user.gid }
  }
  const capabilities =
    closedFolder === undefined
      ? []
      : ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override']
  return {
    file: 'setpriv',
    leadingArgs: [
      ...deathSignal,
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      '--clear-groups',
      ...capabilities,
      program,
    ],
  }
}

/** The environment of PostgreSQL's programs: no `PG*` variable of ours may reach them. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}
