import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { type EventLogSubject, eventLogSuite } from '#test/conformance/event-log.case.ts'

eventLogSuite('memory', async () => {
  const log = createMemoryEventLog()
  return { log, dispose: () => log.close() }
})

// Indexed at each append, every third, and never before the end: where a fact is found differs.
for (const indexEvery of [1, 3, 8_192]) {
  eventLogSuite(`lmdb, indexed every ${indexEvery}`, () => createLmdb(indexEvery))
}

async function createLmdb(indexEvery: number): Promise<EventLogSubject> {
  const path = await mkdtemp(join(tmpdir(), 'veza-log-'))
  const open = (): EventLogSubject => {
    const log = createLmdbEventLog({ path, clock: systemClock, indexEvery })
    return {
      log,
      async reopen() {
        await log.close()
        return open()
      },
      async dispose() {
        await log.close().catch(() => {})
        await rm(path, { recursive: true, force: true })
      },
    }
  }
  return open()
}
