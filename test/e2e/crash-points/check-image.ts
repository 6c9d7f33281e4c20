// Opens the log that a power cut has left, as a restart does, and says what is in it. It is a
// program of its own because LMDB itself may die of a file that no flush has kept in order.
import { join } from 'node:path'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'

import { readLog } from '#test/e2e/crash-points/read-log.ts'

const folder = process.argv[2]!
await createLmdbEventLog({ path: join(folder, 'log'), clock: systemClock }).close()
const { facts, verification } = await readLog(folder)
const damage = verification.damage?.message
process.stdout.write(JSON.stringify({ facts, ...(damage !== undefined && { damage }) }))
