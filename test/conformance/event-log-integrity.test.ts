import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { chainEnd } from '#infra/lmdb/chain.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openForReading } from '#infra/lmdb/open-log.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import { digest, nextHash, seal, unseal } from '#infra/lmdb/sealed-record.ts'
import { LogDamaged } from '#infra/log/log-damaged.ts'

import {
  fill,
  posted,
  randomFrom,
  recordsOf,
  tamper,
  temporaryFolder,
  verified,
  withLog,
} from '#test/conformance/log-files.ts'

const RECORDS = 200

async function filledLog(): Promise<{ path: string; records: Fact[] }> {
  const path = await temporaryFolder()
  await withLog(path, async (log) => {
    await fill(log, RECORDS)
    await log.writeMetadata('room-1', { maxCount: 3 })
  })
  return { path, records: await recordsOf(path) }
}

/** Reads all that can be read; what is read must be what was written. */
async function readUntilDamage(path: string, written: readonly Fact[]): Promise<unknown> {
  const log = createLmdbEventLog({ path, clock: systemClock, readOnly: true })
  const seen: Fact[] = []
  try {
    for await (const record of log.readAll({ as: 'records' })) seen.push(record)
  } catch (cause) {
    return cause
  } finally {
    await log.close()
    expect(seen).toEqual(written.slice(0, seen.length))
  }
  return undefined
}

describe('a log whose bytes are changed', () => {
  it('is found whole when it is', async () => {
    const { path, records } = await filledLog()
    const { damage, end, records: count } = await verified(path)
    expect(damage).toBeUndefined()
    expect(end.position).toBe(records.length)
    expect(count).toBe(records.length)
  })

  it('never gives a wrong fact, wherever a bit of a record flips', async () => {
    const { path, records } = await filledLog()
    const file = join(path, 'data.mdb')
    const whole = await readFile(file)
    const places = Array.from(whole.toString('latin1').matchAll(/"room\.message-posted"/g))
    expect(places.length).toBeGreaterThan(RECORDS / 2)
    const random = randomFrom(7)
    let found = 0
    for (let round = 0; round < 40; round++) {
      const changed = Buffer.from(whole)
      // Anywhere in a record: before its type are the checksum and the hash, after it the data.
      const at = places[random(places.length)]!.index - 100 + random(200)
      changed[at]! ^= 1 << random(8)
      await writeFile(file, changed)
      const { damage } = await verified(path)
      const failure = await readUntilDamage(path, records)
      // Pages that an earlier transaction has left behind are in the file, and in nobody's way.
      if (!damage) {
        expect(failure).toBeUndefined()
        continue
      }
      found++
      expect(damage.position, `byte ${at}`).toBeGreaterThan(0)
      expect(failure).toBeInstanceOf(LogDamaged)
    }
    expect(found).toBeGreaterThan(10)
  })

  it('is refused when it is cut short', async () => {
    const { path } = await filledLog()
    const file = join(path, 'data.mdb')
    const { length } = await readFile(file)
    const random = randomFrom(3)
    for (let round = 0; round < 5; round++) {
      await copyFile(file, join(path, 'whole'))
      await truncate(file, 4_096 + random(length - 4_096))
      expect(() => openForReading(path)).toThrow(LogDamaged)
      await copyFile(join(path, 'whole'), file)
    }
    expect((await verified(path)).damage).toBeUndefined()
    await writeFile(file, 'not a log at all')
    expect(() => openForReading(path)).toThrow(/is no LMDB file/)
  })

  it('is at each moment of a write the log before it or after it', async () => {
    const path = await temporaryFolder()
    const torn = await temporaryFolder()
    const random = randomFrom(11)
    await withLog(path, async (log) => {
      await fill(log, 50)
      for (let round = 0; round < 15; round++) {
        const before = await readFile(join(path, 'data.mdb'))
        const written = await Array.fromAsync(log.readAll())
        await fill(log, 1 + random(30), 30)
        const after = await readFile(join(path, 'data.mdb'))
        await writeFile(join(torn, 'data.mdb'), tornWrite(before, after, random))
        expect(await recordsOf(torn)).toEqual(written)
        expect((await verified(torn)).damage).toBeUndefined()
      }
    })
  })
})

const PAGE_BYTES = 4_096

/** A power cut before the pages about the file were written: of the others, some have been. */
function tornWrite(before: Buffer, after: Buffer, random: (below: number) => number): Buffer {
  const torn = Buffer.alloc(after.length)
  before.copy(torn)
  for (let at = 2 * PAGE_BYTES; at < after.length; at += PAGE_BYTES) {
    if (random(2) === 0) after.copy(torn, at, at, at + PAGE_BYTES)
  }
  return torn
}

describe('a log that somebody has edited', () => {
  type Change = (blocks: Map<number, string[]>, tamperer: { put: Put; drop: Drop }) => void
  type Put = (position: number, records: readonly string[]) => void
  type Drop = (position: number) => void

  async function edit(path: string, change: Change): Promise<void> {
    await tamper(path, ({ blocks }) => {
      const all = new Map(
        Array.from(blocks.getRange(), (each) => [each.key, each.value.split('\n')]),
      )
      change(all, {
        put: (position, records) => void blocks.put(position, records.join('\n')),
        drop: (position) => void blocks.remove(position),
      })
    })
  }

  it('is broken where a record was replaced by one with a right checksum', async () => {
    const { path } = await filledLog()
    await edit(path, (blocks, { put }) => {
      const [position, records] = blocks.entries().toArray()[2]!
      const { hash, body } = unseal(position, records[0]!)
      put(position, [seal(position, hash, body!.replace('alice', 'mallo')), ...records.slice(1)])
    })
    const { damage } = await verified(path)
    expect(damage).toMatchObject({ kind: 'link' })
    expect(damage!.message).toMatch(/damaged at position \d+: it is not what followed/)
  })

  it('is broken where records were taken out', async () => {
    const { path } = await filledLog()
    let gone = 0
    await edit(path, (blocks, { drop }) => drop((gone = blocks.keys().toArray()[3]!)))
    expect((await verified(path)).damage).toMatchObject({ kind: 'missing', position: gone })
  })

  it('is broken where a stream’s versions are not one after the other', async () => {
    const { path } = await filledLog()
    await tamper(path, (tables) => {
      const { position, hash } = chainEnd(tables)
      const fact = { ...posted(1), stream: 'room-1', version: 99, position: position + 1 }
      const body = encodeFact(fact)
      const next = nextHash(hash, position + 1, digest(body))
      void tables.blocks.put(position + 1, seal(position + 1, next, body))
    })
    expect((await verified(path)).damage).toMatchObject({ kind: 'version' })
  })

  it('is broken where an index or the metadata says something else', async () => {
    const { path, records } = await filledLog()
    const id = Buffer.from(records[4]!.id.replaceAll('-', ''), 'hex')
    await tamper(path, ({ ids }) => void ids.put(id, 9))
    expect((await verified(path)).damage).toMatchObject({ kind: 'index', position: 5 })
    await tamper(path, ({ ids, metadata }) => {
      void ids.put(id, 5)
      void metadata.put('room-1', JSON.stringify({ metadata: { maxCount: 4 }, isEnded: false }))
    })
    expect((await verified(path)).damage).toMatchObject({ kind: 'metadata' })
  })
})
