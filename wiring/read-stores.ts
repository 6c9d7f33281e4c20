import { existsSync } from 'node:fs'

import type { Logger } from 'pino'

import type { EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createEventStoreLog } from '#infra/eventstoredb/event-store-log.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '#infra/postgres/embedded.ts'

/** The EventStoreDB of the settings, or the file beside the process that writes it, or alone. */
export async function openLogForReading(settings: Settings): Promise<EventLog> {
  if (settings.eventstore_url !== undefined) {
    return await createEventStoreLog({ url: settings.eventstore_url, clock: systemClock })
  }
  const folder = dataFolder(settings.data_dir)
  if (!existsSync(folder.log)) {
    throw new SettingsError(`there is no log in ${folder.path}: is data_dir right?`)
  }
  return createLmdbEventLog({ path: folder.log, clock: systemClock, readOnly: true })
}

/** The read models' database: the one named, the running one of the data folder, or a start of it. */
export async function openReadModels(settings: Settings, logger: Logger, url?: string) {
  const folder = dataFolder(settings.data_dir)
  const options = { logger, maxConnections: 4, statementTimeoutMs: 0 }
  const named = url ?? settings.database_url
  if (named !== undefined) {
    const db = openDatabase<never>({ ...options, address: { url: named } })
    return { db, close: () => db.destroy() }
  }
  const running = await findEmbeddedPostgres(folder.path)
  if (running) {
    const db = openDatabase<never>({ ...options, address: running })
    return { db, close: () => db.destroy() }
  }
  const started = await startEmbeddedPostgres({ dataDir: folder.path, logger })
  const db = openDatabase<never>({ ...options, address: started.connection })
  return {
    db,
    async close() {
      await db.destroy()
      await started.stop()
    },
  }
}
