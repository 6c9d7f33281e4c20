import { eventLogModelSuite } from '#test/conformance/event-log-model.case.ts'
import {
  openDriver,
  openMemory,
  startDoorServer,
} from '#test/conformance/eventstore-log-fixture.ts'

// Each run starts a server and a client of its own, so there are fewer.
eventLogModelSuite(
  'EventStoreDB driver, a log in memory',
  async () => {
    const server = await startDoorServer(await openMemory(), false)
    const log = await openDriver(server.url)
    return {
      log,
      async dispose() {
        await log.close()
        await server.dispose()
      },
    }
  },
  { runs: 15 },
)
