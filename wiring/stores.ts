import type { Logger } from 'pino'

import type { HostStore } from '#events/host-store.ts'
import type { EventLog } from '#events/event-log.ts'
import type { Vault } from '#events/vault.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { DataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createEventStoreLog } from '#infra/eventstoredb/event-store-log.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createLmdbHostStore } from '#infra/lmdb/lmdb-host-store.ts'
import { createLmdbVault } from '#infra/lmdb/lmdb-vault.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { createPostgresHostStore } from '#infra/postgres/postgres-host-store.ts'
import { createPostgresVault } from '#infra/postgres/postgres-vault.ts'

import { isClustered } from './cluster.ts'

/** The log that the settings name: an EventStoreDB, or the file in the data folder. */
export async function openLog(
  folder: DataFolder,
  settings: Settings,
  report: (cause: unknown) => void,
): Promise<EventLog> {
  if (settings.eventstore_url !== undefined) {
    return await createEventStoreLog({ url: settings.eventstore_url, clock: systemClock, report })
  }
  return createLmdbEventLog({
    path: folder.log,
    clock: systemClock,
    durability: settings.durability,
    report,
  })
}

export interface Stores {
  readonly store: HostStore
  readonly vault: Vault
  close(): Promise<void>
}

/** What the host and the login keep: shared by the processes of a cluster, else in the folder. */
export async function openStores(
  folder: DataFolder,
  settings: Settings,
  logger: Logger,
): Promise<Stores> {
  if (isClustered(settings)) {
    const address = { url: settings.database_url }
    const db = openDatabase<never>({ address, logger, maxConnections: 5 })
    try {
      const store = await createPostgresHostStore(db, `${settings.database_schema}_host`)
      const vault = await createPostgresVault(db, `${settings.database_schema}_vault`)
      return { store, vault, close: () => db.destroy() }
    } catch (cause) {
      await db.destroy()
      throw cause
    }
  }
  const store = createLmdbHostStore(folder.host)
  const vault = createLmdbVault(folder.vault)
  return {
    store,
    vault,
    async close() {
      await vault.close()
      await store.close()
    },
  }
}
