// Facts replayed a second: decoded from the log, and folded through the machines.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { open } from 'lmdb'

import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { EventLog } from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'
import { factId } from '#events/ids.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { encodeFact } from '#infra/lmdb/record.ts'

import { median, printMachine, printRate } from '#bench/report.ts'

const RACES = 500
const FILES = 150
const RUNS = Number(process.env['BENCH_RUNS'] ?? 3)
const ids = createUuidV7(systemClock)

/** The history of one race: each file begun and accepted, by one of four members. */
function raceHistory(race: number): NewFact[] {
  const facts: NewFact[] = []
  const add = (type: string, data: unknown, by: string) => {
    const commandId = ids.next()
    const meta = {
      at: 1_700_000_000_000 + facts.length,
      by,
      connection: commandId,
      commandId,
      correlationId: commandId,
      causationId: null,
      schema: 1,
    }
    facts.push({ id: factId(commandId, 0), type, data, meta })
  }
  add('race.created', { section: 'incoming', release: `Release.${race}-GRP` }, 'member0')
  for (let n = 0; n < FILES; n++) {
    const by = `member${n % 4}`
    const file = `release.r${n}`
    const uploadId = ids.next()
    add('race.upload-started', { file, uploadId, group: 'GRP', offsetBytes: 0 }, by)
    const figures = { sizeBytes: 15_000_000, crc32: 'deadbeef', durationMs: 1_234 }
    const flags = { verified: true, counted: true }
    add('race.file-accepted', { file, uploadId, group: 'GRP', ...figures, ...flags }, by)
  }
  return facts
}

async function fill(log: EventLog): Promise<number> {
  let count = 0
  for (let race = 0; race < RACES; race += 50) {
    const histories = Array.from({ length: 50 }, (_, n) => raceHistory(race + n))
    await Promise.all(
      histories.map((facts, n) => log.append(`race-${race + n}`, facts, 'no-stream')),
    )
    count += histories.reduce((sum, facts) => sum + facts.length, 0)
  }
  return count
}

async function timed(count: number, run: () => Promise<void> | void): Promise<number> {
  const rates: number[] = []
  for (let round = 0; round < RUNS; round++) {
    const startedAt = performance.now()
    await run()
    rates.push((count * 1000) / (performance.now() - startedAt))
  }
  return median(rates)
}

const path = mkdtempSync(join(process.env['BENCH_DIR'] ?? process.cwd(), 'bench-'))
const log = createLmdbEventLog({ path, clock: systemClock })
const count = await fill(log)
await log.close()

printMachine('xstate', 'lmdb')
const reader = createLmdbEventLog({ path, clock: systemClock, readOnly: true })

/** LMDB alone: the same texts, each under its position. */
const raw = open<string, number>({ path: join(path, 'raw'), encoding: 'string' })
const all = await Array.fromAsync(reader.readAll())
await raw.transaction(() => {
  for (const fact of all) void raw.put(fact.position, encodeFact(fact))
})
all.length = 0
const floor = await timed(count, () => {
  for (const { value } of raw.getRange()) JSON.parse(value)
})
await raw.close()
printRate('floor: raw LMDB range and JSON.parse', floor, 'facts/s')

const decoded = await timed(count, async () => {
  let seen = 0
  for await (const _ of reader.readAll()) seen++
  if (seen !== count) throw new Error(`${seen} facts of ${count}`)
})
printRate('the whole log, decoded', decoded, 'facts/s', floor)

const folded = await timed(count, async () => {
  const folds = new Map<string, Fold>()
  for await (const fact of reader.readAll()) {
    let fold = folds.get(fact.stream)
    if (!fold) folds.set(fact.stream, (fold = new Fold(raceActor.machine)))
    fold.apply(fact)
  }
  if (folds.size !== RACES) throw new Error(`${folds.size} races of ${RACES}`)
})
printRate('through the machines, all races at once', folded, 'facts/s', floor)

const streams = await timed(count, async () => {
  for (let race = 0; race < RACES; race++) {
    for await (const _ of reader.readStream(`race-${race}`));
  }
})
printRate('stream by stream, decoded', streams, 'facts/s', floor)
await reader.close()
rmSync(path, { recursive: true })
