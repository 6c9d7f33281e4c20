import { afterAll, beforeAll } from 'vitest'

import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { createNatsBus } from '#infra/nats/nats-bus.ts'

import { eventBusSuite } from '#test/conformance/event-bus.case.ts'
import { connectTo, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

eventBusSuite('in process', async () => {
  const reported: unknown[] = []
  const bus = createInProcessBus((cause) => reported.push(cause))
  return { here: bus, there: bus, reported, dispose: () => bus.close() }
})

let server: NatsServer
let streams = 0
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

eventBusSuite('NATS', async () => {
  const reported: unknown[] = []
  const report = (cause: unknown) => reported.push(cause)
  const connections = [await connectTo(server, { report }), await connectTo(server, { report })]
  const number = ++streams
  const options = {
    stream: `suite-${number}`,
    prefix: `suite.${number}`,
    maxBytes: 64 * 1024 ** 2,
  }
  const [here, there] = [
    await createNatsBus(connections[0]!, options),
    await createNatsBus(connections[1]!, options),
  ]
  return {
    here,
    there,
    reported,
    async dispose() {
      await Promise.all([here.close(), there.close()])
      await Promise.all(connections.map((nats) => nats.close()))
    },
  }
})
