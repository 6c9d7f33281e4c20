// Appends to the log, reads and subscriptions, in process and through the EventStoreDB door, beside
// LMDB alone and Emmett's store on PostgreSQL.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'

import { type DoorUnderLoad, openDoor } from '#bench/log.client.ts'
import { countOf, factsPerSecond, Figures, type Load, readPerSecond } from '#bench/log.load.ts'
import { newFact, openLog, openRaw, startEmmett, type Store, storeOf } from '#bench/log.stores.ts'
import { printMachine } from '#bench/report.ts'

const ROUNDS = Number(process.env['BENCH_RUNS'] ?? 5)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)
const BULK = 1_000
const STREAMS = 100
const STREAM_LENGTH = 1_000

const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? process.cwd(), 'bench-'))
const figures = new Figures()
let opened = 0
const nextPath = () => join(folder, `log-${++opened}`)

const FLUSHED = 'LMDB alone, put and flushed'
const COMMITTED = 'LMDB alone, commit waits for the disk'
const OURS = 'veza’s log'
const PEER = 'emmett-postgresql 0.42.0'

const LOADS: Readonly<Record<string, Load>> = {
  '1 writer': { writers: 1, seconds: SECONDS },
  '100 writers': { writers: 100, seconds: SECONDS },
  '1,000 writers': { writers: 1_000, seconds: SECONDS },
  '1,000 a call': { writers: 1, seconds: SECONDS, perCall: BULK },
}

async function measureAppends(name: string, load: Load, store: Store): Promise<void> {
  const rate = await factsPerSecond(load, (writer) =>
    store.append(`room-${writer}`, Array.from({ length: load.perCall ?? 1 }, newFact)),
  )
  figures.add(name, rate)
}

/** Every way in every round, one after the other: what else the machine does falls on all. */
async function appendRounds(): Promise<void> {
  const emmett = await startEmmett(join(folder, 'emmett'))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, load] of Object.entries(LOADS)) {
      for (const [kind, open] of [
        [FLUSHED, () => openRaw(nextPath(), 'flushed')],
        [COMMITTED, () => openRaw(nextPath(), 'commit')],
        [OURS, () => storeOf(openLog(nextPath()))],
      ] as const) {
        const store = open()
        await measureAppends(`${kind}, ${name}`, load, store)
        await store.close()
      }
    }
    for (const commits of ['on', 'off'] as const) {
      const store = await emmett?.open(commits)
      if (!store) continue
      const load = LOADS['100 writers']!
      await measureAppends(`${PEER}, synchronous_commit ${commits}, 100 writers`, load, store)
      await store.close()
    }
  }
  await emmett?.stop()
}

/** 100 streams of 1,000 facts, each appended by itself, so that no two of a stream lie together. */
async function fill(log: EventLog): Promise<void> {
  for (let n = 0; n < STREAM_LENGTH; n++) {
    await Promise.all(
      Array.from({ length: STREAMS }, (_, stream) =>
        log.append(`room-${stream}`, [newFact()], 'any'),
      ),
    )
  }
}

async function catchUp(log: EventLog): Promise<number> {
  let count = 0
  const live = Promise.withResolvers<void>()
  const subscription = log.subscribe(
    { after: LOG_START },
    {
      deliver: (facts) => void (count += facts.length),
      live: live.resolve,
      failed: live.reject,
    },
  )
  await live.promise
  await subscription.stop()
  return count
}

async function measureReads(name: string, log: EventLog, round: number): Promise<void> {
  const streams = Array.from({ length: 20 }, (_, n) => `room-${(round * 20 + n) % STREAMS}`)
  const read = async () => {
    let count = 0
    for (const stream of streams) count += await countOf(log.readStream(stream))
    return count
  }
  figures.add(`${name}, streams of 1,000, decoded`, await readPerSecond(read))
  figures.add(`${name}, the whole log`, await readPerSecond(() => countOf(log.readAll())))
  figures.add(`${name}, catch-up of a subscription`, await readPerSecond(() => catchUp(log)))
}

async function measureDoor(door: DoorUnderLoad): Promise<void> {
  const { log, client } = door
  const ways: readonly (readonly [string, Load, Store['append']])[] = [
    ['the door, driver, 1 writer', LOADS['1 writer']!, storeOf(log).append],
    ['the door, driver, 100 writers', LOADS['100 writers']!, storeOf(log).append],
    ['the door, EventStoreDB’s client, 100 writers', LOADS['100 writers']!, client.append],
    ['the door, driver, 500 a call', { writers: 1, seconds: SECONDS, perCall: 500 }, log500(log)],
  ]
  for (const [name, load, append] of ways) {
    await measureAppends(name, load, { append, close: async () => {} })
  }
}

function log500(log: EventLog): Store['append'] {
  return (stream, facts) => log.append(`${stream}-many`, facts, 'any')
}

try {
  await appendRounds()
  const path = nextPath()
  const filled = openLog(path)
  await fill(filled)
  for (let round = 0; round < ROUNDS; round++) await measureReads(OURS, filled, round)
  await filled.close()
  const door = await openDoor(path)
  const latencies: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    // Reads first: the log grows with the appends.
    if (round < 2) await measureReads('the door, driver', door.log, round)
    await measureDoor(door)
    latencies.push(...(await door.latenciesMs(100)))
  }
  await door.close()
  print(latencies.toSorted((a, b) => a - b))
} finally {
  rmSync(folder, { recursive: true })
}

function print(latencies: readonly number[]): void {
  printMachine('lmdb', '@grpc/grpc-js', '@eventstore/db-client')
  for (const name of Object.keys(LOADS)) {
    figures.print(`${FLUSHED}, ${name}`)
    figures.print(`${COMMITTED}, ${name}`)
    figures.print(`${OURS}, ${name}`, `${FLUSHED}, ${name}`, 'of LMDB alone, flushed')
    figures.print(`${OURS}, ${name}`, `${COMMITTED}, ${name}`, 'of LMDB alone, commit waits')
  }
  const ours = `${OURS}, 100 writers`
  for (const commits of ['off', 'on']) {
    const peer = `${PEER}, synchronous_commit ${commits}, 100 writers`
    figures.print(peer)
    if (figures.has(peer)) figures.print(ours, peer, `times that peer`)
    else console.log('emmett is not installed: npm ci --prefix bench/peers')
  }
  figures.printSpread(`${FLUSHED}, 100 writers`, `${COMMITTED}, 100 writers`, ours)
  for (const name of [OURS, 'the door, driver']) {
    figures.print(`${name}, streams of 1,000, decoded`)
    figures.print(`${name}, the whole log`)
    figures.print(`${name}, catch-up of a subscription`)
  }
  figures.print('the door, driver, 1 writer')
  figures.print('the door, driver, 100 writers', ours, 'of the log in process')
  figures.print('the door, EventStoreDB’s client, 100 writers', ours, 'of the log in process')
  figures.print('the door, driver, 500 a call')
  figures.printSpread('the door, driver, 100 writers')
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]!.toFixed(2)
  console.log(`the door, append to subscriber: ${at(0.5)} / ${at(0.99)} ms p50 / p99`)
}
