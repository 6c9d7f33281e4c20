import type { EventLog } from '#events/event-log.ts'

import { type EventLogSubject, eventLogSuite } from '#test/conformance/event-log.case.ts'
import {
  type DoorServer,
  lmdbFolder,
  openDriver,
  openMemory,
  startDoorServer,
} from '#test/conformance/eventstore-log-fixture.ts'

for (const isTls of [false, true]) {
  const over = isTls ? 'TLS' : 'cleartext'

  eventLogSuite(`EventStoreDB driver over ${over}, a log in memory`, async () => {
    const server = await startDoorServer(await openMemory(), isTls)
    return subject(server, await openDriver(server.url), async () => {})
  })

  eventLogSuite(`EventStoreDB driver over ${over}, LMDB`, async () => {
    const folder = await lmdbFolder()
    let log = folder.open()
    const server = await startDoorServer(log, isTls)
    return subject(server, await openDriver(server.url), async (isLast) => {
      if (isLast) return await folder.remove()
      await server.kill()
      await log.close()
      log = folder.open()
      server.use(log)
      await server.restart()
    })
  })
}

/** Reopening closes the driver, the server and its log. */
function subject(
  server: DoorServer,
  log: EventLog,
  between: (isLast: boolean) => Promise<void>,
): EventLogSubject {
  return {
    log,
    async reopen() {
      await log.close()
      await between(false)
      return subject(server, await openDriver(server.url), between)
    },
    async dispose() {
      await log.close()
      await server.dispose()
      await between(true)
    },
  }
}
