import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { DELETED, type EventLog } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'

import { fill, posted, withLog } from '#test/conformance/log-files.ts'
import { filledTools, GIVEN, json, tools } from '#test/conformance/log-tools-fixture.ts'

describe('log compact', () => {
  /** A log of which most is hidden, in each way. */
  async function hideMost(log: EventLog): Promise<void> {
    await fill(log, 2_000, 100)
    await log.writeMetadata('room-0', { maxCount: 9 })
    await log.writeMetadata('room-0', { maxCount: 5 })
    await log.writeMetadata('room-1', { truncateBefore: 100 })
    await log.writeMetadata('room-2', { truncateBefore: DELETED })
    await log.writeMetadata('room-3', { maxAgeMs: 1_000 })
    await log.tombstone('room-4', 'any')
    await log.append('room-3', [posted(1, systemClock.now() + 3_600_000)], 'any')
  }

  const facts = (log: EventLog, stream: string) => Array.fromAsync(log.readStream(stream))
  const STREAMS = Array.from({ length: 7 }, (_, n) => `room-${n}`)

  it('removes what nobody can read, and keeps all the rest and the chain', async () => {
    const { compactLog, verifyLog, makeLogKeys, folder, outcome } = await tools()
    const before = await withLog(folder.log, async (log) => {
      await hideMost(log)
      return {
        read: await Promise.all(STREAMS.map((stream) => facts(log, stream))),
        versions: await Promise.all(STREAMS.map((stream) => log.streamVersion(stream))),
        head: await log.head(),
        all: await Array.fromAsync(log.readAll({ as: 'records' })),
      }
    })
    const file = (name: string) => join(folder.path, name)
    await makeLogKeys(file('key'), json)
    await verifyLog(GIVEN, { json: true, sign: file('key'), out: file('checkpoint') })
    expect(await compactLog(GIVEN, json)).toBe(0)
    const { bytes_before, bytes, removed, kept } = outcome() as Record<string, number>
    expect(removed! + kept!).toBe(before.head)
    expect(removed).toBeGreaterThan(1_000)
    expect(bytes).toBeLessThan(bytes_before!)
    expect(await readdir(folder.log)).not.toContain('compacting')

    const checking = { json: true, check: file('checkpoint'), key: file('key.pub') }
    expect(await verifyLog(GIVEN, checking)).toBe(0)
    expect(outcome()).toMatchObject({ position: before.head, records: kept, compacted: removed })
    await withLog(folder.log, async (log) => {
      expect(await log.head()).toBe(before.head)
      for (const [index, stream] of STREAMS.entries()) {
        expect(await facts(log, stream)).toEqual(before.read[index])
        expect(await log.streamVersion(stream)).toBe(before.versions[index])
      }
      const left = await Array.fromAsync(log.readAll({ as: 'records' }))
      expect(left).toHaveLength(kept!)
      const positions = new Set(left.map(({ position }) => position))
      expect(left).toEqual(before.all.filter(({ position }) => positions.has(position)))
      const backwards = await Array.fromAsync(
        log.readAll({ as: 'records', direction: 'backwards', kinds: ['room'] }),
      )
      expect(backwards).toEqual(left.filter(({ stream }) => stream.startsWith('room')).toReversed())
    })
  })

  it('leaves a log that goes on: versions, subscribers, and another compaction', async () => {
    const { compactLog, verifyLog, folder, outcome } = await tools()
    await withLog(folder.log, hideMost)
    await compactLog(GIVEN, json)
    const log = createLmdbEventLog({ path: folder.log, clock: systemClock })
    const seen: number[] = []
    const reached = Promise.withResolvers<void>()
    const left = await Array.fromAsync(log.readAll())
    const subscription = log.subscribe(
      { after: 0, batchSize: 64 },
      {
        deliver(batch) {
          seen.push(...batch.map(({ position }) => position))
          if (seen.length > left.length) reached.resolve()
        },
        failed: reached.reject,
      },
    )
    expect((await log.append('room-2', [posted(1)], 'no-stream')).version).toBe(286)
    await reached.promise
    await subscription.stop()
    expect(seen.slice(0, -1)).toEqual(left.map(({ position }) => position))
    await log.close()
    expect(await verifyLog(GIVEN, json)).toBe(0)
    expect(await compactLog(GIVEN, json)).toBe(0)
    expect(outcome()).toMatchObject({ removed: 1 })
    expect(await verifyLog(GIVEN, json)).toBe(0)
  })
})

describe('log stats', () => {
  it('counts what the log holds', async () => {
    const { logStats, folder, outcome, said } = await filledTools()
    await withLog(folder.log, (log) => log.writeMetadata('room-1', { maxCount: 3 }))
    expect(await logStats(GIVEN, json)).toBe(0)
    expect(outcome()).toMatchObject({
      records: 101,
      compacted: 0,
      streams: 8,
      firstAt: 1_700_000_000_000,
      end: { position: 101 },
      kinds: [
        { name: 'room', records: 100 },
        { name: '$$room', records: 1 },
      ],
      types: [
        { name: 'room.message-posted', records: 100 },
        { name: '$metadata', records: 1 },
      ],
    })
    const figures = outcome() as unknown as { pages: number; freePages: number; fileBytes: number }
    expect(figures.freePages).toBeLessThan(figures.pages)
    expect(figures.fileBytes).toBe(figures.pages * 4_096)
    expect(await logStats(GIVEN, { json: false })).toBe(0)
    expect(said).toContain('streams   8')
  })

  it('is refused where there is no log', async () => {
    const { logStats, folder } = await tools()
    await rm(folder.log, { recursive: true })
    await expect(logStats(GIVEN, json)).rejects.toThrow(/there is no log in/)
  })
})
