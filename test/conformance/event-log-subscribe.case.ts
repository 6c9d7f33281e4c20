import { describe, expect, it } from 'vitest'

import { type Fact, LOG_START } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  facts,
  follow,
  perTest,
  versions,
} from '#test/conformance/event-log-fixture.ts'

/** Catching up and following. */
export function subscribeSuite(create: CreateSubject): void {
  describe('subscribe', () => {
    const current = perTest(create)

    it('catches up, goes live once, and follows without gap or repeat', async () => {
      await current.log.append('room-a', facts(5), 'any')
      const follower = follow(current.log, { after: LOG_START, batchSize: 2 })
      await follower.live
      for (let n = 0; n < 20; n++) await current.log.append(`room-${n % 4}`, facts(3), 'any')
      await follower.until(65)
      expect(follower.seen).toEqual(await all(current.log.readAll()))
      expect(follower.liveCalls).toBe(1)
      await follower.stop()
    })

    it('starts after a position and keeps to its kinds or its stream', async () => {
      const { position } = await current.log.append('room-a', facts(2), 'any')
      const ofKind = follow(current.log, { after: position, kinds: ['race'] })
      const ofStream = follow(current.log, { after: LOG_START, stream: 'room-a' })
      await current.log.append('room-b', facts(2), 'any')
      await current.log.append('race-a', facts(2), 'any')
      await current.log.append('room-a', facts(1), 'any')
      await ofKind.until(2)
      await ofStream.until(3)
      expect(ofKind.seen.map(({ stream }) => stream)).toEqual(['race-a', 'race-a'])
      expect(versions(ofStream.seen)).toEqual([0, 1, 2])
      await ofKind.stop()
      await ofStream.stop()
    })

    it('waits for a slow handler and delivers nothing after it is stopped', async () => {
      await current.log.append('room-a', facts(4), 'any')
      const seen: number[] = []
      const gate = Promise.withResolvers<void>()
      const entered = Promise.withResolvers<void>()
      const subscription = current.log.subscribe(
        { after: LOG_START, batchSize: 2 },
        {
          async deliver(batch) {
            seen.push(batch.length)
            entered.resolve()
            await gate.promise
          },
        },
      )
      await entered.promise
      const stopped = subscription.stop()
      gate.resolve()
      await stopped
      await current.log.append('room-a', facts(1), 'any')
      expect(seen).toEqual([2])
    })

    it('ends with the handler’s error', async () => {
      const failure = Promise.withResolvers<unknown>()
      current.log.subscribe(
        { after: LOG_START },
        {
          deliver() {
            throw new Error('no more')
          },
          failed: failure.resolve,
        },
      )
      await current.log.append('room-a', facts(1), 'any')
      expect(await failure.promise).toMatchObject({ message: 'no more' })
    })

    it('gives a checkpoint from which another goes on exactly', async () => {
      const seen: Fact[] = []
      let checkpoint = LOG_START
      for (let round = 0; round < 5; round++) {
        await current.log.append('room-a', facts(3), 'any')
        await current.log.append('race-a', facts(2), 'any')
        const reached = Promise.withResolvers<void>()
        const wanted = (round + 1) * 3
        const subscription = current.log.subscribe(
          { after: checkpoint, kinds: ['room'], batchSize: 2 },
          {
            deliver(batch, through) {
              seen.push(...batch)
              checkpoint = through
              if (seen.length >= wanted) reached.resolve()
            },
          },
        )
        await reached.promise
        await subscription.stop()
      }
      expect(seen).toEqual(await all(current.log.readAll({ kinds: ['room'] })))
    })
  })
}
