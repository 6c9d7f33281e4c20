import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

import { AppendRefused, type EventLog, LogUnavailable } from '#events/event-log.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import type { ExportLogOptions, ImportLogOptions, LogActions } from '#gateways/cli/log-commands.ts'
import { bytes, figureLines, grouped } from '#gateways/cli/log-report.ts'
import { startControlServer } from '#gateways/control/server.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { type DataFolder, dataFolder, makeDataFolder } from '#infra/config/data-folder.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { backupLog, headOf, restoreLog } from '#infra/lmdb/backup-log.ts'
import { compactLog } from '#infra/lmdb/compact-log.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { logStatistics } from '#infra/lmdb/log-statistics.ts'
import { openForReading } from '#infra/lmdb/open-log.ts'
import { resetHostStore } from '#infra/lmdb/reset-host-store.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'
import { CheckpointUnusable } from '#infra/log/checkpoint.ts'
import { type ImportOutcome, importLog } from '#infra/log/import-log.ts'
import { LogDamaged } from '#infra/log/log-damaged.ts'
import { BadLine } from '#infra/log/log-lines.ts'
import { Refusal } from '#events/refusal.ts'

import { EXIT, progressOn, type Terminal } from './terminal.ts'
import { makeLogKeys, proveLog } from './log-proof.ts'
import {
  chainOf,
  importStream,
  INTO_EMBEDDED,
  INTO_EVENTSTORE,
  OUT_OF_EVENTSTORE,
  transfer,
  withEventStore,
  writeExport,
} from './log-transfer.ts'

export interface LogStreams {
  readonly input: Readable
  readonly output: Writable
}

const ids = createUuidV7(systemClock)

/** The commands for the log itself. */
export function createLogActions(
  settingsFrom: (given: CommandSettings) => Settings,
  terminal: Terminal,
  streams: LogStreams,
): LogActions {
  const { say, complain } = terminal
  const folderOf = (given: CommandSettings) => dataFolder(settingsFrom(given).data_dir)

  /** Tells what a person can do something about; anything else goes on as a fault. */
  async function answered(run: () => Promise<number>): Promise<number> {
    try {
      return await run()
    } catch (cause) {
      if (cause instanceof LogDamaged) {
        complain(cause.message)
        return EXIT.notEqual
      }
      const isPlain = PLAIN.some((kind) => cause instanceof kind)
      if (!isPlain) throw cause
      complain((cause as Error).message)
      return EXIT.failed
    }
  }

  /** Reads the log, beside a server or without one. */
  async function withTables(
    folder: DataFolder,
    run: (tables: LogTables) => Promise<number>,
  ): Promise<number> {
    assertLog(folder)
    const tables = openForReading(folder.log)
    try {
      return await run(tables)
    } finally {
      await tables.env.close()
    }
  }

  async function withLog(
    folder: DataFolder,
    readOnly: boolean,
    run: (log: EventLog) => Promise<number>,
  ): Promise<number> {
    const log = createLmdbEventLog({ path: folder.log, clock: systemClock, readOnly })
    try {
      return await run(log)
    } finally {
      await log.close()
    }
  }

  function sayImported({ records }: ImportOutcome, before: number, after: number, json: boolean) {
    if (json) say(JSON.stringify({ records, head_before: before, head: after }))
    else say(`${grouped(records)} records are here, ${grouped(after - before)} of them are new`)
    return EXIT.done
  }

  return {
    verifyLog: (given, options) =>
      answered(() => withTables(folderOf(given), (tables) => proveLog(tables, options, terminal))),

    makeLogKeys: (file, { json }) => answered(async () => makeLogKeys(file, terminal, json)),

    exportLog: (given, options) =>
      answered(() =>
        withTables(folderOf(given), (tables) =>
          withLog(folderOf(given), true, async (log) => {
            const progress = progressOn(terminal, 'exporting', false)
            const { out, toEventstore } = options
            const exporting = {
              ...rangeOf(options),
              ...chainOf(tables),
              progress: (done: number, total: number) => progress.update(done, total),
            }
            if (toEventstore !== undefined) {
              const { records } = await withEventStore(toEventstore, (to) =>
                transfer(log, to, exporting, INTO_EVENTSTORE),
              )
              say(`${grouped(records)} records are in the EventStoreDB`)
            } else {
              const to = out === undefined ? { stream: streams.output } : { file: out }
              await writeExport(log, exporting, to)
            }
            progress.clear()
            return EXIT.done
          }),
        ),
      ),

    importLog: (given, file, options) =>
      answered(() => {
        const { fromEventstore } = assertSource(file, options)
        const folder = folderOf(given)
        return holding(folder, () =>
          withLog(folder, false, async (log) => {
            const progress = progressOn(terminal, 'importing', options.json)
            const importing = {
              ...INTO_EMBEDDED,
              progress: (done: number, total: number) => progress.update(done, total),
            }
            const before = await log.head()
            const outcome =
              fromEventstore !== undefined
                ? await withEventStore(fromEventstore, (from) =>
                    transfer(from, log, OUT_OF_EVENTSTORE, importing),
                  )
                : file === '-'
                  ? await importStream(log, streams.input, importing)
                  : await importLog(log, file!, importing)
            progress.clear()
            return sayImported(outcome, before, await log.head(), options.json)
          }),
        )
      }),

    backupLog: (given, to, { json }) =>
      answered(async () => {
        const folder = folderOf(given)
        assertLog(folder)
        const progress = progressOn(terminal, 'verifying the copy', json)
        const { logId, end, records } = await backupLog(folder.log, to, {
          progress: (done, total) => progress.update(done, total),
        })
        progress.clear()
        if (json) say(JSON.stringify({ folder: to, log: logId, ...end, records }))
        else say(`${to} holds the log up to position ${end.position}, verified`)
        return EXIT.done
      }),

    restoreLog: (given, from, { json, force }) =>
      answered(() => {
        const folder = folderOf(given)
        return holding(folder, async () => {
          const head = await headOf(folder.log)
          if (head > 0 && !force) {
            throw new SettingsError(
              `the log in ${folder.path} has ${head} records: --force replaces it all the same`,
            )
          }
          const progress = progressOn(terminal, 'verifying', json)
          const { logId, end, records } = await restoreLog(from, folder.log, {
            progress: (done, total) => progress.update(done, total),
            beforeSwap: (verified) => resetHostStore(folder.host, verified.end.position),
          })
          progress.clear()
          if (json) say(JSON.stringify({ log: logId, ...end, records, head_before: head }))
          else {
            say(`the log is as in ${from}, up to position ${end.position}`)
            say('read models of a later log have to be made again: veza replay')
          }
          return EXIT.done
        })
      }),

    compactLog: (given, { json }) =>
      answered(() => {
        const folder = folderOf(given)
        assertLog(folder)
        return holding(folder, async () => {
          const progress = progressOn(terminal, 'compacting', json)
          const { bytesBefore, bytesAfter, removed, kept } = await compactLog({
            path: folder.log,
            clock: systemClock,
            ids,
            progress: (done, total) => progress.update(done, total),
          })
          progress.clear()
          if (json) {
            say(JSON.stringify({ bytes_before: bytesBefore, bytes: bytesAfter, removed, kept }))
          } else {
            say(`${grouped(removed)} records removed, ${grouped(kept)} kept`)
            say(`${bytes(bytesBefore)} before, ${bytes(bytesAfter)} now`)
          }
          return EXIT.done
        })
      }),

    logStats: (given, { json }) =>
      answered(() =>
        withTables(folderOf(given), async (tables) => {
          const progress = progressOn(terminal, 'counting', false)
          const figures = await logStatistics(tables, folderOf(given).log, (done, total) =>
            progress.update(done, total),
          )
          progress.clear()
          if (json) say(JSON.stringify(figures))
          else for (const line of figureLines(figures)) say(line)
          return EXIT.done
        }),
      ),
  }
}

/** What can go wrong without anything being wrong with the program. */
const PLAIN = [LogUnavailable, AppendRefused, BadLine, CheckpointUnusable, Refusal]

function assertLog({ log, path }: DataFolder): void {
  if (!existsSync(log)) throw new SettingsError(`there is no log in ${path}: is data_dir right?`)
}

function assertSource(file: string | undefined, options: ImportLogOptions): ImportLogOptions {
  if ((file === undefined) === (options.fromEventstore === undefined)) {
    throw new SettingsError('either a file or --from-eventstore is needed')
  }
  return options
}

function rangeOf({ from, to, kinds }: ExportLogOptions) {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(kinds !== undefined && { kinds }),
  }
}

/** Holds the data folder as a server does, so that none can start; throws when one runs. */
async function holding(folder: DataFolder, run: () => Promise<number>): Promise<number> {
  makeDataFolder(folder)
  const control = await startControlServer(folder.controlSocket, async () => {
    throw new Refusal('busy', 'the log is being worked on')
  })
  try {
    return await run()
  } finally {
    await control.stop()
  }
}
