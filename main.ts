import { CommanderError } from 'commander'
import type { Logger } from 'pino'

import { LogFromTheFuture } from '#actors/kernel/known-facts.ts'
import { FactFromTheFuture } from '#events/define-facts.ts'
import { LogUnavailable } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import { MasterKeyTrouble } from '#events/seals.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import { type Actions, createProgram } from '#gateways/cli/program.ts'
import { DataFolderInUse } from '#gateways/control/server.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import { loadSettings, SettingsError } from '#infra/config/load-settings.ts'
import { type Settings, settingsSchema } from '#infra/config/settings.ts'
import { HooksFileError } from '#infra/hooks/hooks-file.ts'
import { LogDamaged } from '#infra/log/log-damaged.ts'
import { NatsTrouble } from '#infra/nats/nats-trouble.ts'
import { createLogger } from '#infra/telemetry/logger.ts'
import { BuildUnderWay } from '#projections/kernel/rebuild.ts'
import { NotReadModels } from '#projections/kernel/schema.ts'

import { createAdminActions } from './wiring/admin-tools.ts'
import { createHistoryActions } from './wiring/history-tools.ts'
import { createLogActions } from './wiring/log-tools.ts'
import { startServer } from './wiring/server.ts'
import { EXIT, type Terminal } from './wiring/terminal.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)
const complain = (line: string) => void process.stderr.write(`${line}\n`)

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
      if (ports.ftps !== undefined) say(`FTP/TLS    ftps://${at}:${ports.ftps}`)
      say(`IRC        irc://${at}:${ports.irc}`)
      say(`HTTP       http://${at}:${ports.http}`)
      say(`WebSocket  ws://${at}:${ports.http}/ws`)
      if (ports.eventstore !== undefined) {
        say(`log        esdb://${at}:${ports.eventstore}?tls=${settings.eventstore_door_tls}`)
      }
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

  ...createAdminActions(settingsFrom, terminal()),
  ...createHistoryActions(settingsFrom, terminal()),
  ...createLogActions(settingsFrom, terminal(), { input: process.stdin, output: process.stdout }),
}

/** What the tools see of this process. */
function terminal(): Terminal {
  return {
    say,
    complain,
    writeProgress: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    columns: process.stderr.columns ?? 80,
    interrupted() {
      const interrupting = new AbortController()
      void stopSignal().then(() => interrupting.abort())
      return interrupting.signal
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

/** What a person can be told in one sentence, without a stack. */
const EXPECTED = [
  SettingsError,
  HooksFileError,
  Refusal,
  DataFolderInUse,
  LogFromTheFuture,
  FactFromTheFuture,
  BuildUnderWay,
  NotReadModels,
  LogDamaged,
  LogUnavailable,
  NatsTrouble,
  MasterKeyTrouble,
]

try {
  await createProgram(actions, settingOptions, exit).parseAsync()
} catch (cause) {
  if (cause instanceof CommanderError) {
    // It has said what was wrong, or the help that was asked for.
    process.exitCode = cause.exitCode === 0 ? EXIT.done : EXIT.wronglyAsked
  } else if (EXPECTED.some((kind) => cause instanceof kind)) {
    complain((cause as Error).message)
    process.exitCode = EXIT.wronglyAsked
  } else {
    throw cause
  }
}
