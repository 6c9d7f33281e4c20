import { describe, expect, it } from 'vitest'

import { DELETED, type ExpectedVersion, StreamEnded, VersionConflict } from '#events/event-log.ts'
import { METADATA_TYPE, NO_VERSION, TOMBSTONE_TYPE } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  facts,
  perTest,
  versions,
} from '#test/conformance/event-log-fixture.ts'

/** Streams that are deleted: until they are appended to again, and for ever. */
export function endedSuite(create: CreateSubject): void {
  describe('delete', () => {
    const current = perTest(create)

    it.each<[ExpectedVersion, boolean]>([
      ['any', true],
      ['no-stream', true],
      [NO_VERSION, true],
      [2, true],
      [1, false],
      [7, false],
    ])('goes on after the last version, expecting %s: taken is %s', async (expected, isTaken) => {
      await current.log.append('room-a', facts(3), 'any')
      await current.log.writeMetadata('room-a', { maxCount: 9, truncateBefore: DELETED })
      await current.reopen()
      expect(await all(current.log.readStream('room-a'))).toEqual([])
      expect(await all(current.log.readStream('room-a', { direction: 'backwards' }))).toEqual([])
      const append = current.log.append('room-a', facts(2), expected)
      if (!isTaken) return expect(append).rejects.toThrow(VersionConflict)
      const { version, position, facts: recorded } = await append
      expect(version).toBe(4)
      expect(versions(recorded)).toEqual([3, 4])
      expect(await current.log.head()).toBe(position)
      expect(await current.log.readMetadata('room-a')).toEqual({ maxCount: 9, truncateBefore: 3 })
      expect(versions(await all(current.log.readStream('room-a')))).toEqual([3, 4])
      const about = await all(current.log.readStream('$$room-a', { as: 'records' }))
      expect(about.map(({ type }) => type)).toEqual([METADATA_TYPE, METADATA_TYPE])
    })

    it('leaves what was recorded in the log', async () => {
      const { facts: recorded } = await current.log.append('room-a', facts(3), 'any')
      await current.log.writeMetadata('room-a', { truncateBefore: DELETED })
      expect(await all(current.log.readAll())).toEqual(recorded)
    })

    it('begins one life, of several that appear together', async () => {
      await current.log.append('room-a', facts(2), 'any')
      await current.log.writeMetadata('room-a', { truncateBefore: DELETED })
      const rivals = await Promise.allSettled(
        Array.from({ length: 5 }, () => current.log.append('room-a', facts(1), 'no-stream')),
      )
      expect(rivals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(versions(await all(current.log.readStream('room-a')))).toEqual([2])
    })
  })

  describe('tombstone', () => {
    const current = perTest(create)

    it('ends a stream for ever', async () => {
      const written = facts(2)
      await current.log.append('room-a', written, 'any')
      const position = await current.log.tombstone('room-a', 1)
      expect(await current.log.head()).toBe(position)
      for (let round = 0; round < 2; round++) {
        expect(await all(current.log.readStream('room-a'))).toEqual([])
        for (const expected of ['any', 'no-stream', 'exists', 1] as const) {
          const refused = current.log.append('room-a', facts(1), expected)
          await expect(refused).rejects.toThrow(StreamEnded)
        }
        await expect(current.log.append('room-a', written, 'any')).rejects.toThrow(StreamEnded)
        await expect(current.log.writeMetadata('room-a', {})).rejects.toThrow(StreamEnded)
        await expect(current.log.tombstone('room-a', 'any')).rejects.toThrow(StreamEnded)
        await current.reopen()
      }
      const records = await all(current.log.readAll({ as: 'records' }))
      expect(records.at(-1)).toMatchObject({ stream: '$$room-a', type: TOMBSTONE_TYPE, position })
      expect(versions(await all(current.log.readAll()))).toEqual([0, 1])
    })

    it.each<[ExpectedVersion, number, boolean]>([
      ['any', 0, true],
      ['no-stream', 0, true],
      ['exists', 0, false],
      ['no-stream', 2, false],
      [0, 2, false],
      ['exists', 2, true],
    ])('expecting %s of a stream with %i facts: done is %s', async (expected, has, isDone) => {
      if (has > 0) await current.log.append('room-a', facts(has), 'any')
      const ended = current.log.tombstone('room-a', expected)
      if (isDone) {
        await ended
        return expect(current.log.append('room-a', facts(1), 'any')).rejects.toThrow(StreamEnded)
      }
      await expect(ended).rejects.toThrow(VersionConflict)
      expect((await current.log.append('room-a', facts(1), 'any')).version).toBe(has)
    })

    it('lets what was asked before it in, and nothing after', async () => {
      const outcomes = await Promise.allSettled([
        current.log.append('room-a', facts(1), 'no-stream'),
        current.log.tombstone('room-a', 'any'),
        current.log.append('room-a', facts(1), 'any'),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    })
  })
}
