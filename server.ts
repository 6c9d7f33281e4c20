import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

import type { Logger } from 'pino'
import { collectDefaultMetrics } from 'prom-client'

import { runConsumer } from '#actors/kernel/consumer.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import { publishFacts } from '#actors/kernel/publisher.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import { createLogin } from '#gateways/kernel/login.ts'
import { closeOrphans } from '#gateways/kernel/orphans.ts'
import { createSite } from '#gateways/site/site.ts'
import { startControlServer } from '#gateways/control/server.ts'
import { createFtpGateway } from '#gateways/ftp/server.ts'
import { createHttpGateway } from '#gateways/http/server.ts'
import { createIrcGateway } from '#gateways/irc/server.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { type DataFolder, dataFolder, makeDataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { openDatabase } from '#infra/postgres/database.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import { allProjections } from '#projections/all-projections.ts'
import { createReadModels } from '#projections/create-read-models.ts'
import { createProjectionRunner } from '#projections/kernel/runner.ts'

import { actors, type Core, Endings, ids, openCore, SECTION } from './core.ts'

/** How long the read models may stand still, on their way to the head, before the start fails. */
const CATCH_UP_MS = 10 * 60_000

/** A running server. */
export interface RunningServer {
  readonly ports: { readonly ftp: number; readonly irc: number; readonly http: number }
  /** The first administrator's password, when this start has generated it. */
  readonly adminPassword: string | undefined
  stop(): Promise<void>
}

/** Wires and starts everything. On failure all that was begun is ended again. */
export async function startServer(settings: Settings, logger: Logger): Promise<RunningServer> {
  const folder = dataFolder(settings.data_dir)
  makeDataFolder(folder)
  const endings = new Endings()
  try {
    return await compose(folder, settings, logger, endings)
  } catch (cause) {
    await endings.run()
    throw cause
  }
}

async function compose(
  folder: DataFolder,
  settings: Settings,
  logger: Logger,
  endings: Endings,
): Promise<RunningServer> {
  // First of all: whoever holds the socket holds the data folder.
  const opened = Promise.withResolvers<Core>()
  opened.promise.catch(() => {})
  const control = await startControlServer(folder.controlSocket, async (request) => {
    const { accounts } = await opened.promise
    if (request.method === 'account.add') return await accounts.add(request.params)
    return { pid: process.pid }
  })
  endings.add(() => control.stop())
  endings.add(() => opened.reject(new Error('the server is stopping')))
  const core = await openCore(folder, settings, logger)
  endings.add(() => core.endings.run())
  const { log, store, host, registry, report } = core
  collectDefaultMetrics({ register: registry })

  const bus = createInProcessBus((cause) => report('bus', cause))
  endings.add(() => bus.close())
  const publisher = publishFacts(log, bus, await log.head(), fatal(logger))
  endings.add(() => publisher.stop())

  const { readModels, runner } = await startReadModels(folder, settings, core, logger, endings)
  const adminPassword = await makeAdministrator(core, settings)
  opened.resolve(core)

  const node = hostname()
  const deps = {
    host,
    history: host,
    log,
    bus,
    readModels,
    login: createLogin(core),
    clock: systemClock,
    ids,
    logger,
    registry,
    node,
  }
  const files = await createDiskSiteFiles({
    dataDir: folder.path,
    durability: settings.durability === 'fsync' ? 'fsync' : 'none',
  })
  const site = createSite(
    { ...deps, files },
    {
      sections: [SECTION],
      name: settings.network_name,
      partialMaxAgeMs: settings.partial_hours * 3_600_000,
    },
  )
  await site.settle()
  if (!(await runner.caughtUp(await log.head(), CATCH_UP_MS))) {
    throw new Error(`the read models are not ready: ${JSON.stringify(runner.health())}`)
  }
  await closeOrphans({ host, ids, readModels, node })
  endings.add(site.expirePartials((cause) => report('partials', cause)))
  const announcer = await runConsumer({
    log,
    store,
    clock: systemClock,
    consumer: createSiteAnnouncer(host),
    report: (cause) => report('announcer', cause),
  })
  endings.add(() => announcer.stop())
  const deadlines = await startDeadlineKeeper({
    host,
    log,
    store,
    clock: systemClock,
    ids,
    kinds: actors.filter(({ deadline }) => deadline).map(({ kind }) => kind),
    report,
  })
  endings.add(() => deadlines.stop())

  const ready = () => {
    const { state, position } = runner.health()
    const health = log.health()
    const parts = {
      log: health.writable ? { ok: true } : { ok: false, detail: health.reason },
      read_models: { ok: state === 'live', detail: `${state} at position ${position}` },
    }
    return { ok: Object.values(parts).every(({ ok }) => ok), parts }
  }
  const tls = await loadCertificate({
    dataDir: folder.path,
    now: systemClock.now(),
    warn: (message) => logger.warn(message),
  })
  const gateways = createGateways({ ...deps, site, tls }, settings, ready)
  const ports = { ftp: 0, irc: 0, http: 0 }
  // Transfers of all gateways end together, within one grace.
  endings.add(async () => {
    const graceMs = settings.drain_seconds * 1_000
    await Promise.all(Object.values(gateways).map((gateway) => gateway.stop(graceMs)))
  })
  for (const name of ['ftp', 'irc', 'http'] as const) {
    ports[name] = (await gateways[name].start()).port
  }
  return { ports, adminPassword, stop: () => endings.run() }
}

async function startReadModels(
  folder: DataFolder,
  settings: Settings,
  { log, registry }: Core,
  logger: Logger,
  endings: Endings,
) {
  let address
  if (settings.database_url === undefined) {
    const postgres = await startEmbeddedPostgres({ dataDir: folder.path, logger })
    endings.add(() => postgres.stop())
    address = postgres.connection
  } else {
    address = { url: settings.database_url }
  }
  const schema = settings.database_schema
  // The runner may rebuild for long.
  const writing = openDatabase<never>({
    address,
    logger,
    maxConnections: 4,
    statementTimeoutMs: 0,
  })
  endings.add(() => writing.destroy())
  const reading = openDatabase<never>({ address, logger })
  endings.add(() => reading.destroy())
  const clock = systemClock
  const projections = allProjections
  const runner = createProjectionRunner({
    log,
    db: writing as never,
    schema,
    projections,
    clock,
    logger,
    registry,
  })
  runner.start()
  endings.add(() => runner.stop())
  return { runner, readModels: createReadModels({ db: reading as never, schema, clock, runner }) }
}

/** The first administrator; answers the password when it was generated. */
async function makeAdministrator({ accounts }: Core, settings: Settings) {
  if (await accounts.exists('admin')) return undefined
  const password = settings.admin_password ?? randomBytes(12).toString('base64url')
  await accounts.add({ name: 'admin', password, group: 'STAFF', flags: '1' })
  return settings.admin_password === undefined ? password : undefined
}

type Deps = Parameters<typeof createFtpGateway>[0]
type HttpDeps = Parameters<typeof createHttpGateway>[0]
type HttpOptions = Parameters<typeof createHttpGateway>[1]

function createGateways(deps: Deps & HttpDeps, settings: Settings, ready: HttpOptions['ready']) {
  const { host, connections_per_address: perAddress, network_name: networkName } = settings
  const [low, high] = settings.ftp_passive_ports.split('-').map(Number)
  return {
    ftp: createFtpGateway(deps, {
      host,
      port: settings.ftp_port,
      ...(high !== undefined && { passivePorts: [low!, high] as const }),
      ...(settings.ftp_passive_address !== undefined && {
        advertisedAddress: settings.ftp_passive_address,
      }),
      limits: {
        sessions: settings.ftp_sessions,
        sessionsPerAddress: perAddress,
        idleTimeoutMs: settings.ftp_idle_seconds * 1_000,
      },
    }),
    irc: createIrcGateway(deps, {
      host,
      port: settings.irc_port,
      networkName,
      limits: { connections: settings.irc_clients, connectionsPerAddress: perAddress },
    }),
    http: createHttpGateway(deps, {
      host,
      port: settings.http_port,
      ready,
      ...(settings.metrics_token !== undefined && { metricsToken: settings.metrics_token }),
      webSocket: { connections: settings.ws_clients, connectionsPerAddress: perAddress },
    }),
  }
}

/** Without the publisher no client hears of anything: better to end and be started again. */
function fatal(logger: Logger) {
  return (cause: unknown) => {
    logger.fatal({ err: cause }, 'the publisher has failed')
    process.exit(1)
  }
}
