import { describe, expect, it } from 'vitest'

import type { Ids } from '#events/clock.ts'
import type { NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { openEnvironment } from '#infra/lmdb/environment.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { openForReading, openForWriting } from '#infra/lmdb/open-log.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import { openTables } from '#infra/lmdb/tables.ts'

import {
  ids,
  posted,
  recordsOf,
  temporaryFolder,
  verified,
  withLog,
} from '#test/conformance/log-files.ts'

const RECORDS = 9_000

/** A log as it was written before there was a chain. */
async function writeFormat1(path: string): Promise<NewFact[]> {
  const env = openEnvironment({ path })
  const log = env.openDB<string, number>({ name: 'log', encoding: 'string' })
  const metadata = env.openDB<string, string>({ name: 'metadata', encoding: 'string' })
  const info = env.openDB<number, string>({ name: 'info', encoding: 'ordered-binary' })
  const written = Array.from({ length: RECORDS }, (_, n) => posted(n))
  env.transactionSync(() => {
    for (const [n, fact] of written.entries()) {
      const recorded = {
        ...fact,
        stream: `room-${n % 3}`,
        version: Math.floor(n / 3),
        position: n + 1,
      }
      void log.put(n + 1, encodeFact(recorded))
    }
    void metadata.put('room-1', JSON.stringify({ maxCount: 2, custom: { note: 'x' } }))
    void info.put('format', 1)
    void info.put('indexed', 5_000)
  })
  await env.close()
  return written
}

async function assertMoved(path: string, written: readonly NewFact[]): Promise<void> {
  const records = await recordsOf(path)
  expect(records).toHaveLength(RECORDS + 1)
  const moved = records.slice(0, -1)
  expect(moved.map(({ id, type, data, meta }) => ({ id, type, data, meta }))).toEqual(written)
  expect(moved.every(({ position }, index) => position === index + 1)).toBe(true)
  expect(records.at(-1)).toMatchObject({ stream: '$$room-1', type: '$metadata', version: 0 })
  expect((await verified(path)).damage).toBeUndefined()
  await withLog(path, async (log) => {
    expect(await log.readMetadata('room-1')).toEqual({ maxCount: 2, custom: { note: 'x' } })
    const visible = await Array.fromAsync(log.readStream('room-1'))
    expect(visible.map(({ version }) => version)).toEqual([2_998, 2_999])
    expect((await log.append('room-0', [posted(0)], 2_999)).version).toBe(3_000)
    const again = await log.append('room-0', [written[0]!], 'any')
    expect(again).toMatchObject({ version: 0, position: 1 })
  })
}

describe('a log of layout 1', () => {
  it('is refused to readers, and moved when it is opened to write', async () => {
    const path = await temporaryFolder()
    const written = await writeFormat1(path)
    expect(() => openForReading(path)).toThrow(/older layout: start the server once/)
    await assertMoved(path, written)
  })

  it('goes on where it was cut off', async () => {
    const path = await temporaryFolder()
    const written = await writeFormat1(path)
    const cut: Ids = {
      next() {
        if (made++ === 0) return ids.next()
        throw new Error('the power is gone')
      },
    }
    let made = 0
    const open = () => createLmdbEventLog({ path, clock: systemClock, ids: cut })
    expect(open).toThrow('the power is gone')
    // As another process would find it: the facts are moved, and the layout is still the old one.
    const tables = openTables({ path })
    expect(tables.info.get('format')).toBe(1)
    expect(tables.blocks.getStats()).toMatchObject({ entryCount: expect.any(Number) })
    const last = Array.from(tables.blocks.getKeys({ reverse: true, limit: 1 }))
    await tables.env.close()
    expect(last[0]).toBeGreaterThan(RECORDS / 2)
    await assertMoved(path, written)
  })

  it('of a veza that is newer than this one is refused', async () => {
    const path = await temporaryFolder()
    const tables = openForWriting({ path, clock: systemClock, ids })
    tables.info.putSync('format', 3)
    await tables.env.close()
    expect(() => createLmdbEventLog({ path, clock: systemClock })).toThrow(/layout 3/)
    expect(() => openForReading(path)).toThrow(/layout 3/)
  })
})
