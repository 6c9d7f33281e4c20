import { describe, expect, it, onTestFinished } from 'vitest'

import { DELETED, type EventLog, StreamEnded } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { startDoorServer } from '#test/conformance/eventstore-log-fixture.ts'
import { fill, posted, recordsOf, withLog } from '#test/conformance/log-files.ts'
import { GIVEN, json, tools } from '#test/conformance/log-tools-fixture.ts'

const STREAMS = Array.from({ length: 7 }, (_, n) => `room-${n}`)

async function variedTools() {
  const made = await tools()
  await withLog(made.folder.log, async (log) => {
    await fill(log, 60)
    await log.writeMetadata('room-1', { maxCount: 3, custom: { note: 'x' } })
    await log.writeMetadata('room-2', { truncateBefore: DELETED })
    await log.append('room-2', [posted(100)], 'no-stream')
    await log.tombstone('room-4', 'any')
  })
  return made
}

async function door(): Promise<{ url: string; log: EventLog }> {
  const log = createMemoryEventLog()
  const server = await startDoorServer(log)
  onTestFinished(() => server.dispose())
  return { url: server.url, log }
}

async function visible(log: EventLog) {
  const streams = await Promise.all(STREAMS.map((each) => Array.fromAsync(log.readStream(each))))
  return streams.flat().map((fact) => ({ ...fact, position: 0 }))
}

describe('a log and an EventStoreDB', () => {
  it('gives what it has, once however often, and takes it back as it was', async () => {
    const { exportLog, folder, complaints } = await variedTools()
    const { url, log } = await door()
    for (let round = 0; round < 2; round++) {
      expect(await exportLog(GIVEN, { toEventstore: url })).toBe(0)
      expect(complaints).toEqual([])
      const given = await Array.fromAsync(log.readAll())
      const own = (await recordsOf(folder.log)).filter(({ stream }) => !stream.startsWith('$'))
      expect(given.map(({ id }) => id)).toEqual(own.map(({ id }) => id))
    }
    const before = await withLog(folder.log, visible)
    expect(await visible(log)).toEqual(before)
    expect(await log.readMetadata('room-1')).toEqual({ maxCount: 3, custom: { note: 'x' } })
    await expect(log.append('room-4', [posted(1)], 'any')).rejects.toThrow(StreamEnded)

    const back = await tools()
    for (let round = 0; round < 2; round++) {
      const imported = await back.importLog(GIVEN, undefined, { ...json, fromEventstore: url })
      expect(back.complaints).toEqual([])
      expect(imported).toBe(0)
    }
    expect(await withLog(back.folder.log, visible)).toEqual(before)
    expect(await back.verifyLog(GIVEN, json)).toBe(0)
  })
})
