import { describe, expect, it } from 'vitest'

import { AppendRefused, LOG_LIMITS, VersionConflict } from '#events/event-log.ts'
import { LOG_START, type NewFact, NO_VERSION } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  fact,
  facts,
  perTest,
  versions,
} from '#test/conformance/event-log-fixture.ts'

const TWICE = '01931a3e-7c00-7abc-8def-0123456789ab'

/** What an append records, refuses and repeats. */
export function appendSuite(create: CreateSubject): void {
  describe('append', () => {
    const current = perTest(create)

    it('records facts with versions from 0 and rising positions', async () => {
      const first = await current.log.append('room-a', facts(2), 'no-stream')
      const second = await current.log.append('room-b', facts(1), 'any')
      expect(versions(first.facts)).toEqual([0, 1])
      expect(first.version).toBe(1)
      expect(second.version).toBe(0)
      expect(second.position).toBeGreaterThan(first.position)
      expect(first.facts[0]!.position).toBeGreaterThan(LOG_START)
      expect(first.facts[0]!.stream).toBe('room-a')
      expect(await current.log.head()).toBe(second.position)
    })

    it('gives back what was put in, to the letter', async () => {
      const written = facts(3)
      await current.log.append('room-a', written, 'any')
      const read = await all(current.log.readStream('room-a'))
      expect(read.map(({ id, type, data, meta }) => ({ id, type, data, meta }))).toEqual(written)
    })

    it.each([
      ['no-stream', 0, true],
      ['no-stream', 2, false],
      ['exists', 0, false],
      ['exists', 2, true],
      ['any', 0, true],
      ['any', 2, true],
      [NO_VERSION, 0, true],
      [NO_VERSION, 1, false],
      [1, 2, true],
      [0, 2, false],
      [2, 2, false],
      [5, 0, false],
    ] as const)(
      'expecting %s of a stream with %i facts: taken is %s',
      async (expected, has, ok) => {
        if (has > 0) await current.log.append('room-a', facts(has), 'any')
        const before = await current.log.head()
        const append = current.log.append('room-a', facts(1), expected)
        if (ok) return expect((await append).version).toBe(has)
        const conflict = await append.catch((cause: unknown) => cause)
        expect(conflict).toBeInstanceOf(VersionConflict)
        expect(conflict).toMatchObject({ stream: 'room-a', expected, actual: has - 1 })
        expect(await current.log.head()).toBe(before)
      },
    )

    it.each(['any', 'no-stream', 'exists', 1] as const)(
      'records the same append once, expecting %s',
      async (expected) => {
        if (expected === 'exists' || expected === 1)
          await current.log.append('room-a', facts(2), 'any')
        const written = facts(2)
        const first = await current.log.append('room-a', written, expected)
        await current.log.append('room-a', facts(1), 'any')
        const again = await current.log.append('room-a', written, expected)
        expect(again).toEqual(first)
        expect(await current.log.streamVersion('room-a')).toBe(first.version + 1)
      },
    )

    it('refuses a mixture of recorded and new facts, whole', async () => {
      const [a, b, c] = facts(3) as [NewFact, NewFact, NewFact]
      await current.log.append('room-a', [a, b], 'any')
      await expect(current.log.append('room-a', [b, c], 'any')).rejects.toThrow(AppendRefused)
      await expect(current.log.append('room-a', [c, a], 'any')).rejects.toThrow(AppendRefused)
      await expect(current.log.append('room-a', [b, a], 'any')).rejects.toThrow(AppendRefused)
      await expect(current.log.append('room-b', [a], 'any')).rejects.toThrow(AppendRefused)
      expect(await current.log.streamVersion('room-a')).toBe(1)
      expect(await current.log.streamVersion('room-b')).toBe(NO_VERSION)
    })

    it.each([
      ['no facts', 'room-a', () => []],
      ['too many facts', 'room-a', () => facts(LOG_LIMITS.factsPerAppend + 1)],
      ['no name', '', () => facts(1)],
      ['a long name', `room-${'ü'.repeat(LOG_LIMITS.streamNameBytes / 2)}`, () => facts(1)],
      ['an id that is no UUID', 'room-a', () => [fact(0, 'x')]],
      ['an id twice', 'room-a', () => facts(2).map((each) => ({ ...each, id: TWICE }))],
      [
        'a huge fact',
        'room-a',
        () => [{ ...fact(0), data: { text: 'x'.repeat(LOG_LIMITS.factBytes), about: '' } }],
      ],
      [
        'a fact of more bytes than characters',
        'room-a',
        () => [{ ...fact(0), data: { text: '€'.repeat(LOG_LIMITS.factBytes / 2), about: '' } }],
      ],
    ])('refuses %s and leaves nothing', async (_, stream, make) => {
      await expect(current.log.append(stream, make(), 'any')).rejects.toThrow(AppendRefused)
      expect(await current.log.head()).toBe(LOG_START)
      await current.log.append('room-a', facts(1), 'no-stream')
    })

    it('takes appends that arrive together in their order', async () => {
      const results = await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          current.log.append(`room-${n % 3}`, [fact(n)], 'any'),
        ),
      )
      const positions = results.map(({ position }) => position)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      expect(new Set(positions).size).toBe(300)
      for (const n of [0, 1, 2]) {
        expect(versions(await all(current.log.readStream(`room-${n}`)))).toEqual([
          ...Array(100).keys(),
        ])
      }
    })

    it('lets one of many rivals with the same expectation win', async () => {
      const rivals = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => current.log.append('room-a', [fact(n)], 'no-stream')),
      )
      expect(rivals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await current.log.streamVersion('room-a')).toBe(0)
    })
  })
}
