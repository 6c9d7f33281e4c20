import { beforeEach, describe, expect, it } from 'vitest'

import { NO_VERSION } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  facts,
  perTest,
  versions,
} from '#test/conformance/event-log-fixture.ts'

/** Reading a stream, the log, and some kinds of it. */
export function readSuite(create: CreateSubject): void {
  describe('read', () => {
    const current = perTest(create)

    beforeEach(async () => {
      for (let n = 0; n < 6; n++) await current.log.append(`room-${n % 2}`, facts(2), 'any')
      await current.log.append('race-x', facts(1), 'any')
    })

    it.each([
      [{}, [0, 1, 2, 3, 4, 5]],
      [{ from: 3 }, [3, 4, 5]],
      [{ from: 1, limit: 2 }, [1, 2]],
      [{ from: 9 }, []],
      [{ limit: 0 }, []],
      [{ direction: 'backwards' }, [5, 4, 3, 2, 1, 0]],
      [{ direction: 'backwards', from: 2 }, [2, 1, 0]],
      [{ direction: 'backwards', from: 4, limit: 3 }, [4, 3, 2]],
      [{ direction: 'backwards', from: 99, limit: 1 }, [5]],
    ] as const)('a stream with %j', async (options, expected) => {
      expect(versions(await all(current.log.readStream('room-1', options)))).toEqual(expected)
    })

    it('nothing of a stream that is not there', async () => {
      expect(await all(current.log.readStream('room-none'))).toEqual([])
      expect(await current.log.streamVersion('room-none')).toBe(NO_VERSION)
    })

    it('everything in order, both ways, from any position', async () => {
      const forwards = await all(current.log.readAll())
      expect(forwards).toHaveLength(13)
      const positions = forwards.map(({ position }) => position)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      // A position of a longer log: of one that was put back to an earlier state.
      const beyond = (await current.log.head()) + 1_000
      expect(
        await all(current.log.readAll({ direction: 'backwards', after: beyond, limit: 1 })),
      ).toEqual((await all(current.log.readAll())).slice(-1))
      expect(await all(current.log.readAll({ direction: 'backwards' }))).toEqual(
        forwards.toReversed(),
      )
      for (const [index, { position }] of forwards.entries()) {
        expect(await all(current.log.readAll({ after: position }))).toEqual(
          forwards.slice(index + 1),
        )
        expect(await all(current.log.readAll({ after: position, direction: 'backwards' }))).toEqual(
          forwards.slice(0, index).toReversed(),
        )
      }
      expect(await all(current.log.readAll({ after: positions[2]!, limit: 4 }))).toEqual(
        forwards.slice(3, 7),
      )
    })

    it('the facts of some kinds', async () => {
      const races = await all(current.log.readAll({ kinds: ['race'] }))
      expect(races.map(({ stream }) => stream)).toEqual(['race-x'])
      const both = await all(current.log.readAll({ kinds: ['race', 'room'] }))
      expect(both).toEqual(await all(current.log.readAll()))
      expect(
        await all(current.log.readAll({ kinds: ['room'], direction: 'backwards', limit: 3 })),
      ).toEqual(both.slice(9, 12).toReversed())
      const middle = both[4]!.position
      expect(await all(current.log.readAll({ kinds: ['room'], after: middle }))).toEqual(
        both.slice(5, 12),
      )
      expect(await all(current.log.readAll({ kinds: ['none'] }))).toEqual([])
    })

    it('hides what a stream’s metadata truncates', async () => {
      await current.log.writeMetadata('room-1', { truncateBefore: 2, custom: { note: 'x' } })
      expect(await current.log.readMetadata('room-1')).toEqual({
        truncateBefore: 2,
        custom: { note: 'x' },
      })
      expect(versions(await all(current.log.readStream('room-1')))).toEqual([2, 3, 4, 5])
      await current.log.writeMetadata('room-1', { maxCount: 1 })
      expect(
        versions(await all(current.log.readStream('room-1', { direction: 'backwards' }))),
      ).toEqual([5])
      expect(await current.log.readMetadata('room-0')).toEqual({})
    })
  })
}
