import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'

import type { Gateway } from '#gateways/kernel/gateway.ts'

import type { Door, DoorDeps, Method } from '#gateways/eventstoredb/command.ts'
import { Connections } from '#gateways/eventstoredb/connections.ts'
import { createDispatcher } from '#gateways/eventstoredb/dispatch.ts'
import { createDoorMetrics } from '#gateways/eventstoredb/metrics.ts'
import {
  DEFAULT_LIMITS,
  type EventStoreOptions,
  MESSAGE_BYTES,
} from '#gateways/eventstoredb/options.ts'
import {
  GossipService,
  MonitoringService,
  PersistentSubscriptionsService,
  ServerFeaturesService,
  StreamsService,
  UsersService,
} from '#gateways/eventstoredb/protocol.ts'
import { METHODS } from '#gateways/eventstoredb/commands.ts'
import { createGroups } from '#gateways/eventstoredb/persistent/groups.ts'
import { supportedMethods } from '#gateways/eventstoredb/services/features.ts'
import { persistentMethods } from '#gateways/eventstoredb/services/persistent.ts'
import { absentUserMethods } from '#gateways/eventstoredb/services/users.ts'

const SERVICES: readonly ServiceDefinition[] = [
  StreamsService,
  GossipService,
  MonitoringService,
  PersistentSubscriptionsService,
  ServerFeaturesService,
  UsersService,
] as never

/** veza's log in EventStoreDB's protocol (gRPC): for its clients and tools in any language. */
export function createEventStoreGateway(deps: DoorDeps, options: EventStoreOptions): Gateway {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const server = new Server({
    'grpc.max_concurrent_streams': limits.callsPerConnection,
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    // In megabytes, for what Node's HTTP/2 keeps of one connection.
    'grpc-node.max_session_memory': 64,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
  })
  const injector = server.createConnectionInjector(credentials(options))
  const connections: Connections = new Connections({
    clock: deps.clock,
    limits,
    metrics: () => door.metrics,
    serve: (socket) => injector.injectConnection(socket),
  })
  const counts = () => connections.counts
  const door: Door = {
    ...deps,
    limits,
    allowsWrites: options.allowsWrites,
    metrics: createDoorMetrics(deps.registry, counts),
    instanceId: deps.ids.next(),
    startedAt: deps.clock.now(),
    counts,
  }
  const dispatcher = createDispatcher({ door, connections, members: deps.members })
  const groups = createGroups(door)
  const methods = [...METHODS, ...persistentMethods(groups)]
  serve(server, [...methods, supportedMethods(methods), ...absentUserMethods], dispatcher.handlerOf)

  let stopping: Promise<void> | undefined
  return {
    async start() {
      await groups.start()
      return { port: await connections.listen(options.host, options.port) }
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  }

  async function stop(graceMs: number): Promise<void> {
    connections.close()
    dispatcher.stop()
    await groups.stop()
    injector.drain(graceMs)
    await connections.gone(graceMs)
    injector.destroy()
    server.forceShutdown()
  }
}

function credentials({ tls }: EventStoreOptions): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure()
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }
  return ServerCredentials.createSsl(null, [pair], false)
}

/** Adds each service with those of its methods that are in the table; others are UNIMPLEMENTED. */
function serve(
  server: Server,
  methods: readonly Method[],
  handlerOf: ReturnType<typeof createDispatcher>['handlerOf'],
): void {
  const byPath = new Map(methods.map((method) => [method.path, method]))
  for (const service of SERVICES) {
    const handlers = Object.entries(service).flatMap(([name, { path }]) => {
      const method = byPath.get(path)
      return method ? [[name, handlerOf(method)] as const] : []
    })
    server.addService(service, Object.fromEntries(handlers))
  }
}
