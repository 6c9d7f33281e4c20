import { createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { EventLog } from '#events/event-log.ts'
import { isSystemStream } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import { createEventStoreLog } from '#infra/eventstoredb/event-store-log.ts'
import { chainAt } from '#infra/lmdb/chain.ts'
import { logId, type LogTables } from '#infra/lmdb/tables.ts'
import { exportLines, type ExportOptions } from '#infra/log/export-log.ts'
import { subjectOf } from '#infra/log/stream-state.ts'
import { importLog, type ImportOptions, type ImportOutcome } from '#infra/log/import-log.ts'

/** How an embedded log takes what is imported: it keeps the order of what is on its way. */
export const INTO_EMBEDDED = { takesTombstones: true, inFlight: 2_048 } as const
/** EventStoreDB makes tombstones itself, and orders what arrives. */
export const INTO_EVENTSTORE = { takesTombstones: false, inFlight: 1 } as const

/** Of an EventStoreDB: what members and programs wrote, not what the server notes of itself. */
export const OUT_OF_EVENTSTORE: ExportOptions = {
  isWanted: (stream) => !isSystemStream(subjectOf(stream) ?? stream),
}

/** What the export of an embedded log says of its chain. */
export function chainOf(tables: LogTables): Pick<ExportOptions, 'logId' | 'hashAt'> {
  return { logId: logId(tables), hashAt: (position) => chainAt(tables, position).hash }
}

/** Writes an export, waiting for whoever takes it. A file appears when it is whole. */
export async function writeExport(
  log: EventLog,
  options: ExportOptions,
  to: { readonly file: string } | { readonly stream: Writable },
): Promise<void> {
  const lines = Readable.from(exportLines(log, options))
  if ('stream' in to) return pipeline(lines, to.stream, { end: false })
  if (existsSync(to.file)) throw new SettingsError(`${to.file} is there already`)
  const partial = `${to.file}.partial`
  try {
    await pipeline(lines, createWriteStream(partial, { mode: 0o600, flush: true }))
    await rename(partial, to.file)
  } catch (cause) {
    await rm(partial, { force: true })
    throw cause
  }
}

/** Imports from a stream, which can be read only once: it is kept in a file meanwhile. */
export async function importStream(
  log: EventLog,
  input: Readable,
  options: ImportOptions,
): Promise<ImportOutcome> {
  return await withFolder(async (folder) => {
    const file = join(folder, 'import')
    await pipeline(input, createWriteStream(file, { mode: 0o600 }))
    return await importLog(log, file, options)
  })
}

/** Moves the records of one log into another. */
export async function transfer(
  from: EventLog,
  to: EventLog,
  exporting: ExportOptions,
  importing: ImportOptions,
): Promise<ImportOutcome> {
  return await withFolder(async (folder) => {
    const file = join(folder, 'transfer')
    await writeExport(from, exporting, { file })
    return await importLog(to, file, importing)
  })
}

/** Runs with the log of an EventStoreDB. */
export async function withEventStore<T>(
  url: string,
  run: (log: EventLog) => Promise<T>,
): Promise<T> {
  const log = await createEventStoreLog({ url, clock: systemClock })
  try {
    return await run(log)
  } finally {
    await log.close()
  }
}

async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'veza-log-'))
  try {
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
