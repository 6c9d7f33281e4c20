// Commands through the host into the durable log, beside raw LMDB puts in equal batches.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { Registry } from 'prom-client'

import { createHost } from '#actors/kernel/create-host.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import type { Fact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { openEnvironment, transact } from '#infra/lmdb/environment.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'

import { median, printMachine, printRate } from '#bench/report.ts'

const SECONDS = 3
const RUNS = Number(process.env['BENCH_RUNS'] ?? 3)
const ids = createUuidV7(systemClock)

function temporary(): string {
  return mkdtempSync(join(process.env['BENCH_DIR'] ?? process.cwd(), 'bench-'))
}

/** Facts a second when `senders` each wait for their receipt before they send again. */
async function throughHost(senders: number, actors: number): Promise<number> {
  const path = temporary()
  const log = createLmdbEventLog({ path, clock: systemClock })
  const host = createHost({
    definitions: [roomActor],
    log,
    store: createMemoryHostStore(),
    clock: systemClock,
    registry: new Registry(),
    report: (_, cause) => {
      throw cause
    },
  })
  const context = (member: string) => ({ by: member, connection: 'c', commandId: ids.next() })
  const rooms = Array.from({ length: actors }, (_, index) => ({ kind: 'room', id: `r${index}` }))
  await Promise.all(
    rooms.map((room) =>
      host.send(room, { type: 'room.create', name: room.id } as never, context('m')),
    ),
  )
  await Promise.all(rooms.map((room) => host.send(room, { type: 'room.join' }, context('member'))))
  const endAt = performance.now() + SECONDS * 1000
  let done = 0
  const command = { type: 'room.post', text: 'the quick brown fox jumps over the lazy dog' }
  const sender = async (index: number) => {
    const room = rooms[index % actors]!
    while (performance.now() < endAt) {
      await host.send(room, command, context('member'))
      done++
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: senders }, (_, index) => sender(index)))
  const rate = (done * 1000) / (performance.now() - startedAt)
  await host.stop()
  await log.close()
  rmSync(path, { recursive: true })
  return rate
}

/**
 * The floors: the same facts as the same JSON, put by position in batches that are flushed; alone,
 * or each with the three index entries that a log needs to find it by stream, kind and id.
 */
async function rawPuts(batch: number, isIndexed: boolean): Promise<number> {
  const path = temporary()
  const env = openEnvironment({ path })
  const log = env.openDB<string, number>({ name: 'log', encoding: 'string' })
  const indexes = ['stream', 'kind', 'id'].map((name) =>
    env.openDB<number, string>({ name, encoding: 'ordered-binary' }),
  )
  const endAt = performance.now() + SECONDS * 1000
  let position = 0
  const startedAt = performance.now()
  while (performance.now() < endAt) {
    await transact(env, () => {
      for (let index = 0; index < batch; index++) {
        const id = ids.next()
        const fact = sample(++position, id)
        void log.put(position, encodeFact(fact))
        if (!isIndexed) continue
        void indexes[0]!.put(`${fact.stream}@${position}`, position)
        void indexes[1]!.put(`room@${position}`, position)
        void indexes[2]!.put(id, position)
      }
    })
  }
  const rate = (position * 1000) / (performance.now() - startedAt)
  await env.close()
  rmSync(path, { recursive: true })
  return rate
}

function sample(position: number, id: string): Fact {
  return {
    id,
    type: 'room.message-posted',
    data: { member: 'member', text: 'the quick brown fox jumps over the lazy dog' },
    stream: `room-r${position % 1000}`,
    version: position,
    position,
    meta: {
      at: Date.now(),
      by: 'member',
      connection: 'c',
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const rates: number[] = []
  for (let run = 0; run < RUNS; run++) rates.push(await measure())
  return median(rates)
}

printMachine('xstate', 'lmdb')
for (const senders of [1, 100, 1_000]) {
  const bare = await medianOf(() => rawPuts(senders, false))
  printRate(`floor: raw LMDB puts, ${senders} a batch`, bare, 'facts/s')
  const indexed = await medianOf(() => rawPuts(senders, true))
  printRate(`floor: with three index entries a fact`, indexed, 'facts/s', bare, 'of the bare floor')
  for (const actors of [1, 1_000]) {
    const rate = await medianOf(() => throughHost(senders, actors))
    const ratio = `of the bare floor, ${(rate / indexed).toFixed(2)} of the indexed one`
    printRate(`  host, ${senders} senders, ${actors} actors`, rate, 'facts/s', bare, ratio)
  }
}
