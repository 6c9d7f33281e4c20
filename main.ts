import { existsSync } from 'node:fs'

import type { Logger } from 'pino'

import { refOf, streamOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { AUDIT_HEADER, auditLines } from '#gateways/cli/audit.ts'
import { type Actions, type CommandSettings, createProgram } from '#gateways/cli/program.ts'
import { verdictLines } from '#gateways/cli/verdict.ts'
import { askServer } from '#gateways/control/client.ts'
import { DataFolderInUse, isAnswering } from '#gateways/control/server.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import { loadSettings, SettingsError } from '#infra/config/load-settings.ts'
import { type Settings, settingsSchema } from '#infra/config/settings.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { createLogger } from '#infra/telemetry/logger.ts'
import { allProjections } from '#projections/all-projections.ts'
import { rebuild } from '#projections/kernel/rebuild.ts'
import { verifyReadModels } from '#projections/kernel/verify.ts'

import { openCore } from './core.ts'
import { startServer } from './server.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)
const complain = (line: string) => void process.stderr.write(`${line}\n`)

/** Exit codes: 0 done, 1 failed, 2 wrongly asked (commander's own is 1), 3 not equal. */
const EXIT = { done: 0, failed: 1, wronglyAsked: 2, notEqual: 3 } as const

function settingsFrom({ config, values }: CommandSettings): Settings {
  const path = config ?? process.env['VEZA_CONFIG'] ?? 'veza.toml'
  const isRequired = config !== undefined || process.env['VEZA_CONFIG'] !== undefined
  return loadSettings({
    environment: process.env,
    commandLine: values,
    file: { path, isRequired },
  })
}

const actions: Actions = {
  async start(given, { json }) {
    const settings = settingsFrom(given)
    const logger = createLogger(settings.log_level)
    endOnFaults(logger)
    const stopped = stopSignal()
    const server = await startServer(settings, logger)
    const { ports, adminPassword } = server
    if (json) say(JSON.stringify({ ready: true, ...ports, adminPassword }))
    else {
      const at = settings.host.includes(':') ? `[${settings.host}]` : settings.host
      say(`FTP        ftp://${at}:${ports.ftp}`)
      say(`IRC        irc://${at}:${ports.irc}`)
      say(`HTTP       http://${at}:${ports.http}`)
      say(`WebSocket  ws://${at}:${ports.http}/ws`)
      say(`data       ${dataFolder(settings.data_dir).path}`)
      if (adminPassword !== undefined) {
        say(`member     admin, password ${adminPassword} (shown this once)`)
      }
      say('ready')
    }
    await stopped
    logger.info('stopping')
    await server.stop()
    return EXIT.done
  },

  async addAccount(given, account) {
    const settings = settingsFrom(given)
    const folder = dataFolder(settings.data_dir)
    if (await isAnswering(folder.controlSocket)) {
      await askServer(folder.controlSocket, { method: 'account.add', params: account })
    } else {
      const core = await openCore(folder, settings, createLogger('warn'))
      try {
        await core.accounts.add(account)
      } finally {
        await core.endings.run()
      }
    }
    say(`${account.name} is a member of ${account.group} now`)
    return EXIT.done
  },

  async audit(given, stream, { json, limit }) {
    const log = openLogForReading(settingsFrom(given))
    try {
      const ref = refOf(stream)
      if (!ref || (await log.streamVersion(streamOf(ref))) < 0) {
        complain(`there is no history of ${stream}`)
        return EXIT.failed
      }
      if (!json) say(AUDIT_HEADER)
      for await (const line of auditLines(log, stream, {
        asJson: json,
        ...(limit !== undefined && { limit }),
      })) {
        say(line)
      }
      return EXIT.done
    } finally {
      await log.close()
    }
  },

  async replay(given, { verify, json }) {
    const settings = settingsFrom(given)
    const logger = createLogger('warn')
    const log = openLogForReading(settings)
    const database = await openReadModels(settings, logger)
    const options = {
      db: database.db as never,
      log,
      projections: allProjections,
      schema: settings.database_schema,
    }
    try {
      if (!verify) {
        await rebuild(options)
        say(json ? JSON.stringify({ rebuilt: true }) : 'every read model is rebuilt from the log')
        return EXIT.done
      }
      const verdict = await verifyReadModels(options)
      if (json) say(JSON.stringify(verdict))
      else for (const line of verdictLines(verdict)) say(line)
      return verdict.isEqual ? EXIT.done : EXIT.notEqual
    } finally {
      await database.close()
      await log.close()
    }
  },
}

/** The log beside the process that writes it, or alone. */
function openLogForReading(settings: Settings) {
  const folder = dataFolder(settings.data_dir)
  if (!existsSync(folder.log)) {
    throw new SettingsError(`there is no log in ${folder.path}: is data_dir right?`)
  }
  return createLmdbEventLog({ path: folder.log, clock: systemClock, readOnly: true })
}

/** The read models' database: the one named, the running one of the data folder, or a start of it. */
async function openReadModels(settings: Settings, logger: Logger) {
  const folder = dataFolder(settings.data_dir)
  const options = { logger, maxConnections: 4, statementTimeoutMs: 0 }
  if (settings.database_url !== undefined) {
    const db = openDatabase<never>({ ...options, address: { url: settings.database_url } })
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

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false
    const ask = () => {
      if (isAsked) process.exit(EXIT.failed)
      isAsked = true
      resolve()
    }
    process.on('SIGTERM', ask)
    process.on('SIGINT', ask)
  })
}

/** What nobody expected ends the process: the log is the truth, and a restart reads it again. */
function endOnFaults(logger: Logger): void {
  const end = (cause: unknown) => {
    logger.fatal({ err: cause }, 'unexpected fault')
    process.exit(EXIT.failed)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}

// `veza audit … | head` closes the pipe early: that is no fault.
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE') process.exit(EXIT.done)
  throw cause
})

const settingOptions = Object.entries(settingsSchema.shape).map(([name, schema]) => ({
  name,
  description: schema.description ?? '',
}))

/** Ends the process once all that was said has left: a pipe takes 64 KiB at a time. */
function exit(code: number): void {
  process.stdout.write('', () => process.exit(code))
}

try {
  await createProgram(actions, settingOptions, exit).parseAsync()
} catch (cause) {
  if (
    cause instanceof SettingsError ||
    cause instanceof Refusal ||
    cause instanceof DataFolderInUse
  ) {
    complain(cause.message)
    process.exitCode = EXIT.wronglyAsked
  } else {
    throw cause
  }
}
