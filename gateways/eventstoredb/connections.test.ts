import { connect, Server } from 'node:net'

import { Registry } from 'prom-client'
import { afterEach, expect, it, vi } from 'vitest'

import { Connections } from '#gateways/eventstoredb/connections.ts'
import { createDoorMetrics } from '#gateways/eventstoredb/metrics.ts'
import { DEFAULT_LIMITS } from '#gateways/eventstoredb/options.ts'
import { systemClock } from '#infra/clock/system-clock.ts'

afterEach(() => vi.restoreAllMocks())

it('goes on listening when a client could not be accepted', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  const registry = new Registry()
  const metrics = createDoorMetrics(registry, () => ({ connections: 0, subscriptions: 0 }))
  const served = Promise.withResolvers<void>()
  const connections = new Connections({
    clock: systemClock,
    limits: DEFAULT_LIMITS,
    metrics: () => metrics,
    serve: () => served.resolve(),
  })
  const port = await connections.listen('127.0.0.1', 0)
  // What Node does when the process has no file descriptor left for the client.
  const server = listening.mock.contexts[0] as Server
  server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
  const refused = await registry
    .getSingleMetric('veza_eventstoredb_refused_connections_total')!
    .get()
  expect(refused.values).toMatchObject([{ value: 1 }])
  const client = connect(port, '127.0.0.1')
  await served.promise
  client.destroy()
  connections.close()
  await connections.gone(0)
})
