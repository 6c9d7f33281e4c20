import { join } from 'node:path'

import type { Fact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openForReading } from '#infra/lmdb/open-log.ts'
import { type Verification, verifyLog } from '#infra/lmdb/verify-log.ts'

/** All that a program has left in its folder's log, and whether the log's chain is whole. */
export async function readLog(
  folder: string,
): Promise<{ readonly facts: Fact[]; readonly verification: Verification }> {
  const path = join(folder, 'log')
  const tables = openForReading(path)
  const verification = await verifyLog(tables)
  await tables.env.close()
  const log = createLmdbEventLog({ path, clock: systemClock, readOnly: true })
  const facts = await Array.fromAsync(log.readAll())
  await log.close()
  return { facts, verification }
}
