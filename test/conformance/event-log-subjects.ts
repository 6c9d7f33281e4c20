import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import type { EventLogSubject } from '#test/conformance/event-log-fixture.ts'

export async function memorySubject(): Promise<EventLogSubject> {
  const log = createMemoryEventLog()
  return { log, dispose: () => log.close() }
}

/** A log in a folder of its own, which is gone with it. */
export async function lmdbSubject(indexEvery: number): Promise<EventLogSubject> {
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
