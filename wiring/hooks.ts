import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { charactersOf, type Glob, matchesGlob, parseGlob } from '#actors/policy/glob.ts'
import { formsOf } from '#actors/policy/path-forms.ts'
import type { Clock } from '#events/clock.ts'
import type { EventBus } from '#events/event-bus.ts'
import { isFixed, siteCommands } from '#gateways/ftp/commands/site/site-commands.ts'
import { RecentMap } from '#gateways/kernel/recent-map.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { openHooks, type OpenedHooks, type OpenHooksOptions } from '#infra/hooks/open-hooks.ts'

import type { RunSingle } from './cluster.ts'
import type { Endings } from './core.ts'

const GLOBS = 2_000

export interface HooksDeps {
  readonly dataDir: string
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
}

/**
 * The operator's scripts and hooks in the data folder. Patterns are those of the rights. Rejects
 * with `HooksFileError`.
 */
export async function startHooks(
  deps: HooksDeps,
  times: Pick<OpenHooksOptions, 'restartMs' | 'loadMs' | 'listenMs'> = {},
): Promise<OpenedHooks> {
  const globs = new RecentMap<string, Glob>(GLOBS)
  const globOf = (pattern: string): Glob => {
    const glob = globs.get(pattern) ?? parseGlob(pattern)
    globs.set(pattern, glob)
    return glob
  }
  return await openHooks({
    ...deps,
    ...times,
    siteCommands: new Set(Object.keys(siteCommands).filter(isFixed)),
    assertPattern: (pattern) => void parseGlob(pattern),
    matches(pattern, path) {
      const read = formsOf(path)
      const glob = globOf(pattern)
      return read.isSafe && read.forms.some((form) => matchesGlob(glob, charactersOf(form)))
    },
  })
}

export interface HooksRun extends Pick<HooksDeps, 'logger' | 'registry'> {
  readonly bus: EventBus
  readonly runSingle: RunSingle
  readonly endings: Endings
}

/** For as long as the server runs; one process of a cluster tells hooks of facts. */
export async function runHooks(dataDir: string, run: HooksRun): Promise<OpenedHooks> {
  const { logger, registry, bus, runSingle, endings } = run
  const hooks = await startHooks({ dataDir, clock: systemClock, logger, registry })
  endings.add(() => hooks.stop())
  await runSingle('hook-facts', () => hooks.followFacts(bus))
  return hooks
}

/**
 * For `/readyz`, which everybody may read: no names. The site goes on without a hook that fails, and
 * is ready.
 */
export function hooksMark(hooks: Pick<OpenedHooks, 'health'>) {
  const failing = Object.keys(hooks.health().failing).length
  return failing === 0 ? { ok: true } : { ok: false, detail: `${failing} of the hooks fail` }
}
