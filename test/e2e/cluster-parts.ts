import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'
import { Registry } from 'prom-client'

import { createClusterHost } from '#actors/kernel/cluster/cluster-host.ts'
import { joinLeases } from '#actors/kernel/cluster/leases.ts'
import { createHost, type RunningHost } from '#actors/kernel/create-host.ts'
import type { EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { BUCKETS } from '#infra/nats/buckets.ts'
import { connectNats } from '#infra/nats/connect-nats.ts'
import { createNatsCommandLink } from '#infra/nats/nats-command-link.ts'
import { createNatsKeyValue } from '#infra/nats/nats-key-value.ts'
import { startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { startDoorServer } from '#test/conformance/eventstore-log-fixture.ts'
import { NATS_TOKEN, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'
import { VezaProcess } from '#test/e2e/veza-process.ts'

import { actors } from '#wiring/actors.ts'

/** What the processes of a cluster share: a log behind its door, NATS, PostgreSQL, files. */
export interface ClusterParts {
  /** Behind the door. */
  readonly log: EventLog
  readonly nats: NatsServer
  /** A server of the cluster, not yet started. */
  node(name: string): Promise<VezaProcess>
  /** A host that runs nothing itself: whatever it is asked, it asks of the servers. */
  client(): Promise<{ readonly host: RunningHost; stop(): Promise<void> }>
  dispose(): Promise<void>
}

export async function startClusterParts(): Promise<ClusterParts> {
  const folder = await mkdtemp(join(tmpdir(), 'veza-cluster-'))
  const log = createLmdbEventLog({ path: join(folder, 'log'), clock: systemClock })
  const door = await startDoorServer(log)
  const nats = await startNatsServer()
  const logger = pino({ level: 'silent' })
  const postgres = await startEmbeddedPostgres({ dataDir: folder, logger })
  const { host, user, database } = postgres.connection
  const environment = {
    VEZA_EVENTSTORE_URL: door.url,
    VEZA_NATS_URL: nats.url,
    VEZA_NATS_TOKEN: NATS_TOKEN,
    VEZA_DATABASE_URL: `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host)}`,
    VEZA_MASTER_KEY: randomBytes(32).toString('base64url'),
    VEZA_FILES_DIR: join(folder, 'files'),
  }
  return {
    log,
    nats,
    node: (name) => VezaProcess.create({ environment: { ...environment, VEZA_NODE_NAME: name } }),
    client: () => startClient(nats, log),
    async dispose() {
      await nats.dispose()
      await postgres.stop()
      await door.dispose()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function startClient(server: NatsServer, log: EventLog) {
  const faults: unknown[] = []
  const report = (cause: unknown) => void faults.push(cause)
  const nats = await connectNats({
    url: server.url,
    token: NATS_TOKEN,
    name: 'client',
    clock: systemClock,
    report,
  })
  const bucket = await createNatsKeyValue(nats, BUCKETS.leases)
  const link = createNatsCommandLink(nats)
  const leases = await joinLeases({
    bucket,
    clock: systemClock,
    address: `client-${randomBytes(4).toString('hex')}`,
    duties: new Map(),
    report,
  })
  const local = createHost({
    definitions: actors,
    log,
    store: createMemoryHostStore(),
    clock: systemClock,
    registry: new Registry(),
    report,
  })
  const host = await createClusterHost({ local, leases, link, clock: systemClock, report })
  return {
    host,
    async stop() {
      await leases.stop()
      await host.stop()
      await link.close()
      await bucket.close()
      await nats.close()
    },
  }
}
