import { describe, expect, it } from 'vitest'

import { catalogue } from '#events/catalogue.ts'
import { AppendRefused, LOG_LIMITS } from '#events/event-log.ts'
import { type Fact, isSystemStream, LOG_START, METADATA_TYPE, type NewFact } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  fact,
  facts,
  follow,
  perTest,
  versions,
} from '#test/conformance/event-log-fixture.ts'

const described = (data: unknown): NewFact => ({ ...fact(0), type: METADATA_TYPE, data })
const streams = (read: readonly Fact[]) => read.map(({ stream }) => stream)

/** Facts as against records: what the log keeps about itself, and what others wrote. */
export function recordsSuite(create: CreateSubject): void {
  describe('records', () => {
    const current = perTest(create)

    it('has metadata in the one order, for those who read records', async () => {
      await current.log.append('room-a', facts(1), 'any')
      const before = await current.log.head()
      const metadata = { maxCount: 9, maxAgeMs: 86_400_000_000_000, custom: { note: 'x' } }
      await current.log.writeMetadata('room-a', metadata)
      const position = await current.log.head()
      expect(position).toBeGreaterThan(before)
      await current.log.append('room-a', facts(1), 'any')
      expect(await current.log.readMetadata('room-a')).toEqual(metadata)

      const records = await all(current.log.readAll({ as: 'records' }))
      expect(streams(records)).toEqual(['room-a', '$$room-a', 'room-a'])
      expect(records[1]).toMatchObject({
        type: METADATA_TYPE,
        version: 0,
        position,
        data: { $maxCount: 9, $maxAge: 86_400_000_000, note: 'x' },
      })
      expect(await all(current.log.readStream('$$room-a', { as: 'records' }))).toEqual([records[1]])
      expect(streams(await all(current.log.readAll()))).toEqual(['room-a', 'room-a'])
      expect(streams(await all(current.log.readAll({ direction: 'backwards', limit: 2 })))).toEqual(
        ['room-a', 'room-a'],
      )
    })

    it('delivers records, or facts alone, live and from the past', async () => {
      await current.log.append('room-a', facts(2), 'any')
      await current.log.writeMetadata('room-a', { maxCount: 9 })
      const ofRecords = follow(current.log, { after: LOG_START, as: 'records', batchSize: 2 })
      const ofFacts = follow(current.log, { after: LOG_START, batchSize: 2 })
      await Promise.all([ofRecords.live, ofFacts.live])
      await current.log.writeMetadata('room-b', { maxCount: 9 })
      await current.log.append('room-b', facts(1), 'any')
      await ofRecords.until(5)
      await ofFacts.until(3)
      expect(ofRecords.seen).toEqual(await all(current.log.readAll({ as: 'records' })))
      expect(ofFacts.seen).toEqual(await all(current.log.readAll()))
      expect(streams(ofFacts.seen).some(isSystemStream)).toBe(false)
      await ofRecords.stop()
      await ofFacts.stop()
    })

    it('takes metadata from whoever appends it, and goes by the newest', async () => {
      await current.log.append('room-a', facts(5), 'any')
      await current.log.append('$$room-a', [described({ $tb: 2 })], 'no-stream')
      expect(versions(await all(current.log.readStream('room-a')))).toEqual([2, 3, 4])
      await current.log.append('$$room-a', [described({ $maxCount: 1, a: { b: 1 } })], 0)
      expect(versions(await all(current.log.readStream('room-a')))).toEqual([4])
      await current.reopen()
      expect(await current.log.readMetadata('room-a')).toEqual({
        maxCount: 1,
        custom: { a: { b: 1 } },
      })
      expect(versions(await all(current.log.readStream('$$room-a')))).toEqual([0, 1])
      await current.log.append('$$room-a', [{ ...described({ $tb: 5 }), type: 'other' }], 'any')
      expect(await current.log.readMetadata('room-a')).toMatchObject({ maxCount: 1 })
    })

    it('hides what is older than a stream keeps, and counts what it shows', async () => {
      const aged = (n: number, at: number) => ({ ...fact(n), meta: { ...fact(n).meta, at } })
      const now = Date.now()
      const written = [aged(0, 1_000), aged(1, 2_000), aged(2, now), aged(3, now)]
      await current.log.append('room-a', written, 'any')
      await current.log.writeMetadata('room-a', { maxAgeMs: 3_600_000 })
      expect(versions(await all(current.log.readStream('room-a')))).toEqual([2, 3])
      expect(versions(await all(current.log.readStream('room-a', { limit: 1 })))).toEqual([2])
      expect(await all(current.log.readAll())).toHaveLength(4)
    })

    it('describes a stream with the longest name, but no description', async () => {
      const stream = 'x'.repeat(LOG_LIMITS.streamNameBytes)
      await current.log.append(stream, facts(2), 'any')
      await current.log.writeMetadata(stream, { maxCount: 1 })
      expect(versions(await all(current.log.readStream(stream)))).toEqual([1])
      await expect(current.log.writeMetadata('$$room-a', {})).rejects.toThrow(AppendRefused)
    })

    it('gives back what another program wrote, to the letter', async () => {
      const octets = { contentType: 'application/octet-stream', metadata: 'AAECAw==' } as const
      const first = fact(0)
      const written: NewFact[] = [
        { ...first, type: 'Foreign', data: 'AAEC', meta: { ...first.meta, foreign: octets } },
        { ...fact(1), type: 'constructor', data: null },
      ]
      await current.log.append('other-a', written, 'any')
      await current.reopen()
      for (const as of ['facts', 'records'] as const) {
        const read = await all(current.log.readStream('other-a', { as }))
        expect(read.map(({ id, type, data, meta }) => ({ id, type, data, meta }))).toEqual(written)
      }
    })

    it('refuses facts of a newer veza, whole', async () => {
      const schema = catalogue['room.announced'].schema + 1
      const newer = { ...fact(1), meta: { ...fact(1).meta, schema } }
      await expect(current.log.append('room-a', [fact(0), newer], 'any')).rejects.toThrow(
        AppendRefused,
      )
      expect(await current.log.head()).toBe(LOG_START)
      await current.log.append('other-a', [{ ...newer, type: 'other.thing' }], 'any')
    })
  })
}
