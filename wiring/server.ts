import { hostname } from 'node:os'

import type { Logger } from 'pino'
import { collectDefaultMetrics } from 'prom-client'

import { publishFacts } from '#actors/kernel/publisher.ts'
import type { EventBus } from '#events/event-bus.ts'
import { closeOrphans } from '#gateways/kernel/orphans.ts'
import { createVerifiedMembers } from '#gateways/members/verified-members.ts'
import { readCreditRules } from '#gateways/site/transfers/credit-rules.ts'
import { createSite } from '#gateways/site/site.ts'
import { performForOperator } from '#gateways/control/operations.ts'
import { startControlServer } from '#gateways/control/server.ts'
import { createEventStoreGateway } from '#gateways/eventstoredb/server.ts'
import { createFtpGateway } from '#gateways/ftp/server.ts'
import { createHttpGateway } from '#gateways/http/server.ts'
import { createIrcGateway } from '#gateways/irc/server.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { type DataFolder, dataFolder, makeDataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import { createDiskSiteMessages } from '#infra/files/disk-site-messages.ts'
import { createFileInspection } from '#infra/inspection/file-inspection.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { createNatsBus, type NatsBus } from '#infra/nats/nats-bus.ts'
import { publishLog } from '#infra/nats/publish-log.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import { watchCertificate } from '#infra/tls/watch-certificate.ts'
import { lastPosition } from '#projections/kernel/build.ts'

import { makeAdministrator } from './administrator.ts'
import type { RunSingle } from './cluster.ts'
import { startDataPump } from './data-pump.ts'
import { startEffects } from './effects.ts'
import { type Core, Endings, openCore } from './core.ts'
import { hooksMark, runHooks } from './hooks.ts'
import { ids } from './ids.ts'
import { type OperatorDeps, operatorDeps } from './operator.ts'
import { followSecrets } from './members.ts'
import { openRateLimits } from './rate-limits.ts'
import { startReadModels } from './read-side.ts'
import { openSignIn } from './sign-in.ts'

/** A running server. */
export interface RunningServer {
  readonly ports: {
    readonly ftp: number
    /** FTP where TLS comes first, where there is such a port. */
    readonly ftps?: number
    readonly irc: number
    readonly http: number
    /** Of the EventStoreDB door, where there is one. */
    readonly eventstore?: number
  }
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
  const opened = Promise.withResolvers<OperatorDeps>()
  opened.promise.catch(() => {})
  const control = await startControlServer(folder.controlSocket, async (request) => {
    const operator = await opened.promise
    if (request.method === 'status') return { pid: process.pid }
    return await performForOperator(operator, request.params.operation, request.params.params)
  })
  endings.add(() => control.stop())
  endings.add(() => opened.reject(new Error('the server is stopping')))
  const core = await openCore(folder, settings, logger)
  endings.add(() => core.endings.run())
  const { log, host, registry, report } = core
  collectDefaultMetrics({ register: registry })

  const runSingle: RunSingle =
    core.cluster?.runSingle ??
    (async (_, start) => {
      const single = await start()
      endings.add(() => single.stop())
    })
  const bus = await startBus(core, runSingle, logger, endings)

  const read = await startReadModels(folder, settings, core, { runSingle, logger, endings })
  // The others go on with it before this process closes what its part needed.
  endings.add(() => core.cluster?.leave())
  const { readModels } = read
  const adminPassword = await makeAdministrator(core, settings)
  opened.resolve(operatorDeps(core, settings, readModels))

  const node = settings.node_name ?? hostname()
  const rateLimits = await openRateLimits(core, settings)
  const verified = createVerifiedMembers({
    ...core.members,
    tokens: core.tokens,
    bus,
    clock: systemClock,
  })
  await verified.start()
  endings.add(() => verified.stop())
  const secrets = await followSecrets(bus, core, report)
  endings.add(() => secrets.stop())
  const deps = {
    host,
    history: host,
    log,
    bus,
    readModels,
    members: verified,
    seals: core.seals,
    rateLimits,
    ...core.members,
    vault: core.vault,
    passwords: core.passwords,
    signingKeys: core.signingKeys,
    tokens: core.tokens,
    signIn: openSignIn(core, settings),
    siteUrl: settings.site_url,
    clock: systemClock,
    ids,
    logger,
    registry,
    node,
  }
  const hooks = await runHooks(folder.path, { logger, registry, bus, runSingle, endings })
  const files = await createDiskSiteFiles({
    dataDir: settings.files_dir ?? folder.path,
    durability: settings.durability === 'fsync' ? 'fsync' : 'none',
    ...(core.cluster && { node }),
  })
  const site = createSite(
    {
      ...deps,
      files,
      messages: createDiskSiteMessages({ dataDir: folder.path, clock: systemClock }),
      hooks,
      inspection: createFileInspection(systemClock),
    },
    {
      name: settings.network_name,
      partialMaxAgeMs: settings.partial_hours * 3_600_000,
      ...(settings.credits && { credits: readCreditRules(settings.credit_loss) }),
    },
  )
  await site.settle()
  // Not the head: a record of the log's own may lie there, which no read model takes.
  if (!(await read.caughtUp(await lastPosition(log)))) {
    throw new Error(`the read models are not ready: ${JSON.stringify(read.health())}`)
  }
  await site.settleDownloads(log, node)
  await closeOrphans({ host, ids, readModels, node })
  endings.add(site.expirePartials((cause) => report('partials', cause)))
  await startEffects(core, settings, runSingle, site)
  const ready = () => {
    const health = log.health()
    const parts = {
      log: health.writable ? { ok: true } : { ok: false, detail: health.reason },
      read_models: read.health(),
      ...('health' in bus && { bus: bus.health() }),
    }
    const ok = Object.values(parts).every((part) => part.ok)
    return { ok, parts: { ...parts, hooks: hooksMark(hooks) } }
  }
  const tls = await loadCertificate({
    dataDir: folder.path,
    now: systemClock.now(),
    warn: (message) => logger.warn(message),
  })
  const pump = await startDataPump(settings, endings)
  const gateways = createGateways({ ...deps, site, tls, pump }, settings, ready)
  const certificate = watchCertificate(folder.path, tls, {
    clock: systemClock,
    changed: (pair) => gateways.ftp.useCertificate(pair),
    report: (cause) => report('certificate', cause),
  })
  endings.add(() => certificate.stop())
  // Transfers of all gateways end together, within one grace.
  endings.add(async () => {
    const graceMs = settings.drain_seconds * 1_000
    await Promise.all(Object.values(gateways).map((gateway) => gateway.stop(graceMs)))
  })
  const ports: Record<string, number> = {}
  for (const [name, gateway] of Object.entries(gateways)) {
    const started: { port: number; tlsPort?: number } = await gateway.start()
    ports[name] = started.port
    if (started.tlsPort !== undefined) ports['ftps'] = started.tlsPort
  }
  return { ports: ports as RunningServer['ports'], adminPassword, stop: () => endings.run() }
}

/** The bus, and on it every fact of the log. */
async function startBus(
  { log, nats, report }: Core,
  runSingle: RunSingle,
  logger: Logger,
  endings: Endings,
): Promise<EventBus | NatsBus> {
  if (nats) {
    const bus = await createNatsBus(nats)
    endings.add(() => bus.close())
    await runSingle('publisher', () => publishLog(nats, log, bus, fatal(logger)))
    return bus
  }
  const bus = createInProcessBus((cause) => report('bus', cause))
  endings.add(() => bus.close())
  const publisher = publishFacts(log, bus, await log.head(), fatal(logger))
  endings.add(() => publisher.stop())
  return bus
}

type Deps = Parameters<typeof createFtpGateway>[0]
type HttpDeps = Parameters<typeof createHttpGateway>[0]
type HttpOptions = Parameters<typeof createHttpGateway>[1]

function createGateways(deps: Deps & HttpDeps, settings: Settings, ready: HttpOptions['ready']) {
  const { host, connections_per_address: perAddress, network_name: networkName } = settings
  const { connection_burst: burst, connections_per_minute: perMinute } = settings
  const connectionRate = { burst, perMinute }
  const [low, high] = settings.ftp_passive_ports.split('-').map(Number)
  return {
    ftp: createFtpGateway(deps, {
      host,
      port: settings.ftp_port,
      ...(high !== undefined && { passivePorts: [low!, high] as const }),
      ...(settings.ftp_passive_address !== undefined && {
        advertisedAddress: settings.ftp_passive_address,
      }),
      advertisedAddresses: settings.ftp_passive_addresses,
      ...(settings.ftp_tls_port !== undefined && { tlsPort: settings.ftp_tls_port }),
      fxp: settings.ftp_fxp,
      bouncers: settings.ftp_bouncers,
      shortcuts: { aliases: settings.ftp_aliases, searchPath: settings.ftp_cdpath },
      limits: {
        sessions: settings.ftp_sessions,
        sessionsPerAddress: perAddress,
        idleTimeoutMs: settings.ftp_idle_seconds * 1_000,
        connectionRate,
      },
    }),
    irc: createIrcGateway(deps, {
      host,
      port: settings.irc_port,
      networkName,
      limits: {
        connections: settings.irc_clients,
        connectionsPerAddress: perAddress,
        connectionRate,
      },
    }),
    http: createHttpGateway(deps, {
      host,
      port: settings.http_port,
      trustedProxies: settings.trusted_proxies,
      ready,
      ...(settings.metrics_token !== undefined && { metricsToken: settings.metrics_token }),
      webSocket: {
        connections: settings.ws_clients,
        connectionsPerAddress: perAddress,
        connectionRate,
      },
    }),
    // Where the log is an EventStoreDB, that has a door of its own.
    ...(settings.eventstore_url === undefined && {
      eventstore: createEventStoreGateway(deps, {
        host,
        port: settings.eventstore_door_port,
        ...(settings.eventstore_door_tls && { tls: deps.tls }),
        allowsWrites: settings.eventstore_door_writes,
        limits: { connectionsPerAddress: perAddress },
      }),
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
