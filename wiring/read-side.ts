import type { Logger } from 'pino'

import type { Single } from '#actors/kernel/cluster/duties.ts'
import type { EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { DataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { allProjections } from '#projections/all-projections.ts'
import { createReadModels } from '#projections/create-read-models.ts'
import { watchCheckpoints } from '#projections/kernel/checkpoint-watch.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'
import type { ReadModels } from '#projections/read-models.ts'

import { isClustered, type RunSingle } from './cluster.ts'
import type { Core, Endings } from './core.ts'

/** How long the read models may stand still, on their way to the head, before the start fails. */
const CATCH_UP_MS = 10 * 60_000

/** The read models, and how they do. */
export interface ReadSide {
  readonly readModels: ReadModels
  /** Whether they have reached a position that was the head at the start. */
  caughtUp(position: number): Promise<boolean>
  health(): { readonly ok: boolean; readonly detail: string }
}

interface Around {
  readonly runSingle: RunSingle
  readonly logger: Logger
  readonly endings: Endings
}

/** Projects the log into PostgreSQL, the settings' or one of its own, and reads it there. */
export async function startReadModels(
  folder: DataFolder,
  settings: Settings,
  { log, registry }: Core,
  { runSingle, logger, endings }: Around,
): Promise<ReadSide> {
  const address = await databaseAddress(folder, settings, logger, endings)
  const schema = settings.database_schema
  // The runner may rebuild for long.
  const long = { address, logger, maxConnections: 4, statementTimeoutMs: 0 }
  const writing = openDatabase<never>(long)
  endings.add(() => writing.destroy())
  const reading = openDatabase<never>({ address, logger })
  endings.add(() => reading.destroy())
  const common = { schema, clock: systemClock, projections: allProjections, logger }
  const db = writing as never
  const readModelsOf = (runner: Pick<ReadModels, 'reached'>) =>
    createReadModels({ db: reading as never, schema, clock: systemClock, runner })

  if (!isClustered(settings)) {
    const runner = createProjectionRunner({ ...common, log, db, registry })
    runner.start()
    endings.add(() => runner.stop())
    return {
      readModels: readModelsOf(runner),
      caughtUp: (position) => runner.caughtUp(position, CATCH_UP_MS),
      health() {
        const { state, position } = runner.health()
        return { ok: state === 'live', detail: `${state} at position ${position}` }
      },
    }
  }
  const watch = watchCheckpoints({ ...common, db: reading as never })
  endings.add(() => watch.stop())
  await runSingle('read-models', () => startRunner({ ...common, log, db, registry }))
  return {
    readModels: readModelsOf(watch),
    caughtUp: (position) => watch.reached(position, CATCH_UP_MS),
    health() {
      const { position, reason } = watch.health()
      return { ok: reason === undefined, detail: reason ?? `seen at position ${position}` }
    },
  }
}

/** A runner for as long as this process projects for the cluster: its metrics go with it. */
async function startRunner(
  options: Parameters<typeof createProjectionRunner>[0] & { readonly log: EventLog },
): Promise<Single> {
  const { registry } = options
  const before = new Set(registry.getMetricsAsArray().map(({ name }) => name))
  const runner = createProjectionRunner(options)
  const own = registry.getMetricsAsArray().filter(({ name }) => !before.has(name))
  runner.start()
  return {
    async stop() {
      await runner.stop()
      for (const { name } of own) registry.removeSingleMetric(name)
    },
  }
}

async function databaseAddress(
  folder: DataFolder,
  { database_url: url }: Settings,
  logger: Logger,
  endings: Endings,
) {
  if (url !== undefined) return { url }
  const postgres = await startEmbeddedPostgres({ dataDir: folder.path, logger })
  endings.add(() => postgres.stop())
  return postgres.connection
}
