import { setMaxListeners } from 'node:events'
import { watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { BusSubscription, EventBus } from '#events/event-bus.ts'
import { type Hooks, PASSED } from '#events/hooks.ts'

import { createHookReports } from '#infra/hooks/hook-reports.ts'
import { openHookFolder } from '#infra/hooks/hook-folder.ts'
import { HooksFileError, type HooksFileRules, readHooksFile } from '#infra/hooks/hooks-file.ts'
import { createScripts } from '#infra/hooks/scripts.ts'

export interface OpenHooksOptions extends HooksFileRules {
  /** Holds `hooks.toml` and the folder `hooks`. */
  readonly dataDir: string
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
  readonly matches: (pattern: string, path: string) => boolean
  /** Default: 1 second. */
  readonly restartMs?: number
  /** Default: 10 seconds. */
  readonly loadMs?: number
  /** Default: 5 seconds. */
  readonly listenMs?: number
}

export interface OpenedHooks extends Hooks {
  /** Reads `hooks.toml` and what has changed of the hooks; forced: all hooks. */
  reload(isForced?: boolean): Promise<void>
  /** Tells the hooks of facts: of several processes one does. */
  followFacts(bus: EventBus): Promise<BusSubscription>
  stop(): Promise<void>
}

/** An editor writes a file in several steps. */
const SETTLE_MS = 300

/**
 * The operator's scripts and hooks, which are read again when their files change and at SIGHUP.
 * Rejects with `HooksFileError` when `hooks.toml` cannot be used; later a broken one is reported,
 * and the old one stays.
 */
export async function openHooks(options: OpenHooksOptions): Promise<OpenedHooks> {
  const { dataDir, clock, logger, registry, matches } = options
  const { restartMs = 1_000, loadMs = 10_000, listenMs = 5_000 } = options
  const file = join(dataDir, 'hooks.toml')
  const folderPath = join(dataDir, 'hooks')
  const reports = createHookReports(logger, registry, clock)
  const stopping = new AbortController()
  const { signal } = stopping
  setMaxListeners(0, signal)
  const work = { clock, reports, folder: join(folderPath, 'work'), signal, matches }
  let scripts = createScripts(await readHooksFile(file, options), work)
  const { assertPattern } = options
  const supervision = { clock, reports, restartMs, loadMs, listenMs, assertPattern }
  const folder = await openHookFolder({ ...supervision, folder: folderPath, matches })

  const readScripts = async (): Promise<void> => {
    try {
      const before = scripts.names
      scripts = createScripts(await readHooksFile(file, options), work)
      // What runs no more fails no more.
      for (const name of before.difference(scripts.names)) reports.cleared(name)
      reports.cleared(basename(file))
    } catch (cause) {
      if (!(cause instanceof HooksFileError)) throw cause
      reports.failed(basename(file), 'load', 'hooks-file', { err: cause })
    }
  }
  /** One after another: an older reading must not follow a newer one. */
  let reading = Promise.resolve()
  const reload = (isForced = false): Promise<void> => {
    reading = reading
      .then(readScripts)
      .then(() => folder.reload(isForced))
      .then(() => reports.cleared('hooks'))
      .catch((cause: unknown) => {
        reports.failed('hooks', 'load', 'hook-not-loaded', { err: cause })
      })
    return reading
  }
  const stopWatching = watchFiles(file, folderPath, clock, reload, (cause) => {
    reports.failed('hooks', 'watch', 'hook-not-loaded', { err: cause })
  })

  return {
    concerns: (event, { commands = [] } = { commands: [] }) =>
      folder.concerns(event, commands) || scripts.concerns(event, commands),
    async ask(moment, member) {
      const { isConsumed, isVetoed, lines } = await folder.ask(moment, member)
      if (isVetoed) return { isVetoed, lines }
      return isConsumed ? PASSED : await scripts.ask(moment, member)
    },
    customCommands: () => [...scripts.customs.values()].map(({ command }) => command),
    customCommand: (name) => scripts.customs.get(name)?.command,
    runCustom: (...given) => scripts.runCustom(...given),
    health: () => reports.health(),
    reload,
    followFacts: (bus) => bus.subscribe({}, (fact) => folder.hear(fact)),
    async stop() {
      stopWatching()
      stopping.abort()
      await reading
      await folder.close()
    },
  }
}

function watchFiles(
  file: string,
  folder: string,
  clock: Clock,
  reload: (isForced?: boolean) => Promise<void>,
  report: (cause: unknown) => void,
): () => void {
  let cancel = (): void => {}
  const later = (): void => {
    cancel()
    cancel = clock.after(SETTLE_MS, () => void reload())
  }
  const onHangUp = (): void => void reload(true)
  process.on('SIGHUP', onHangUp)
  const watchers = [
    // The file itself may be replaced or not be there yet.
    watch(dirname(file), { persistent: false }, (_, name) => {
      if (name === basename(file)) later()
    }),
    watch(folder, { persistent: false }, (_, name) => {
      if (name?.endsWith('.ts')) later()
    }),
  ]
  for (const watcher of watchers) watcher.on('error', report)
  return () => {
    cancel()
    for (const watcher of watchers) watcher.close()
    process.off('SIGHUP', onHangUp)
  }
}
