import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { EventBus } from '#events/event-bus.ts'
import { type Fact, kindOf } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

/** How a suite gets a bus that nobody has used: seen from two places, which may be one. */
export interface EventBusSubject {
  readonly here: EventBus
  readonly there: EventBus
  /** What the bus has reported. */
  readonly reported: readonly unknown[]
  readonly dispose: () => Promise<void>
}

const ids = createUuidV7(systemClock)

/** Makes facts in the order of a log, with gaps between their positions as logs may have. */
export function createFacts() {
  let position = 0
  return (
    stream = 'room-a',
    type = 'room.announced',
    data: unknown = { text: 'ünïcode ✓' },
  ): Fact => {
    const id = ids.next()
    position += 3
    return {
      id,
      stream,
      version: position / 3 - 1,
      position,
      type,
      data,
      meta: {
        at: 1_700_000_000_000 + position,
        by: null,
        connection: null,
        commandId: id,
        correlationId: id,
        causationId: null,
        schema: 1,
      },
    }
  }
}

/** A handler that keeps what it is given, and something to wait with. */
export function recordFacts() {
  const seen: Fact[] = []
  let waiting: (() => void)[] = []
  async function until(isThere: (seen: readonly Fact[]) => boolean): Promise<void> {
    while (!isThere(seen)) await new Promise<void>((resume) => waiting.push(resume))
  }
  return {
    seen,
    until,
    async untilCount(count: number): Promise<readonly Fact[]> {
      await until((all) => all.length >= count)
      return seen
    },
    handle(fact: Fact): void {
      seen.push(fact)
      const resumed = waiting
      waiting = []
      for (const resume of resumed) resume()
    },
  }
}

/** What every bus must do. */
export function eventBusSuite(name: string, create: () => Promise<EventBusSubject>): void {
  describe(`event bus: ${name}`, () => {
    let subject: EventBusSubject
    let here: EventBus
    let there: EventBus
    let fact: ReturnType<typeof createFacts>
    beforeEach(async () => {
      subject = await create()
      ;({ here, there } = subject)
      fact = createFacts()
    })
    afterEach(() => subject.dispose())

    it('hands out facts to the letter', async () => {
      const { handle, untilCount } = recordFacts()
      await there.subscribe({}, handle)
      const published = [
        fact('room-a', 'room.announced', { text: 'ünïcode ✓', nested: { list: [1, null, 'x'] } }),
        fact('race-5f', 'race.completed', null),
        fact('a name-with .*> and ü', 'foreign..type with spaces.*.>', []),
        fact('nodash', 'x', 'text'),
        fact('kind-', '', 0),
        fact(`room-${'é'.repeat(190)}`, 't'.repeat(3_000), false),
      ]
      await here.publish(published)
      expect(await untilCount(published.length)).toEqual(published)
    })

    it('keeps the order, over many publications of many facts', async () => {
      const records = [recordFacts(), recordFacts(), recordFacts()]
      await here.subscribe({}, records[0]!.handle)
      await there.subscribe({}, records[1]!.handle)
      await there.subscribe({ kinds: ['room'] }, records[2]!.handle)
      const published: Fact[] = []
      for (const size of [1, 700, 0, 2, 1_300, 1]) {
        const facts = Array.from({ length: size }, () => fact())
        published.push(...facts)
        await here.publish(facts)
      }
      for (const { untilCount } of records) expect(await untilCount(2_004)).toEqual(published)
    })

    it('keeps the order of publications that are not waited for', async () => {
      const { handle, untilCount } = recordFacts()
      await there.subscribe({}, handle)
      const published = Array.from({ length: 50 }, () => fact())
      await Promise.all(published.map((each) => here.publish([each])))
      expect(await untilCount(50)).toEqual(published)
    })

    it.each([
      [{}, () => true],
      [{ kinds: ['room'] }, (each: Fact) => kindOf(each.stream) === 'room'],
      [{ kinds: ['race', 'account'] }, (each: Fact) => kindOf(each.stream) !== 'room'],
      [{ kinds: ['nothing'] }, () => false],
      [{ kinds: [] }, () => false],
      [{ stream: 'race-b' }, (each: Fact) => each.stream === 'race-b'],
      [{ stream: 'race-never' }, () => false],
    ])('gives a subscriber who asks for %j what it asks for', async (filter, isWanted) => {
      const all = recordFacts()
      const some = recordFacts()
      await there.subscribe(filter, some.handle)
      await there.subscribe({}, all.handle)
      const streams = ['room-a', 'race-a', 'race-b', 'account-a', 'room-b']
      const published = Array.from({ length: 40 }, (_, n) => fact(streams[n % streams.length]))
      await here.publish(published)
      await all.untilCount(published.length)
      expect(some.seen).toEqual(published.filter(isWanted))
    })

    it('gives each fact once to each subscriber, also when it is published again', async () => {
      const { handle, until, seen } = recordFacts()
      await there.subscribe({}, handle)
      await there.subscribe({ kinds: ['race'] }, () => {})
      const published = [fact(), fact(), fact()]
      await here.publish(published)
      const more = fact('room-a', 'room.left')
      if (subject.here !== subject.there) await here.publish(published)
      await here.publish([more])
      await until((all) => all.at(-1)?.id === more.id)
      expect(seen).toEqual([...published, more])
    })

    it('lets one handler throw and the others work', async () => {
      const { handle, untilCount } = recordFacts()
      const fault = new Error('a fault of a handler')
      await there.subscribe({}, () => {
        throw fault
      })
      await there.subscribe({}, handle)
      const published = [fact(), fact()]
      await here.publish(published)
      expect(await untilCount(2)).toEqual(published)
      expect(subject.reported).toEqual([fault, fault])
    })

    it('hands out nothing from before, even if it is still on its way to others', async () => {
      await there.subscribe({}, () => {})
      await here.publish(Array.from({ length: 500 }, () => fact()))
      const { handle, untilCount } = recordFacts()
      await there.subscribe({}, handle)
      const published = [fact(), fact()]
      await here.publish(published)
      expect(await untilCount(2)).toEqual(published)
    })

    it('stops for one subscriber, and goes on for the others', async () => {
      const stopped = recordFacts()
      const { handle, untilCount } = recordFacts()
      const subscription = await there.subscribe({ stream: 'room-a' }, stopped.handle)
      await there.subscribe({ stream: 'room-a' }, handle)
      const [first, second] = [fact(), fact()]
      await here.publish([first])
      await stopped.untilCount(1)
      await subscription.stop()
      await subscription.stop()
      await here.publish([second])
      expect(await untilCount(2)).toEqual([first, second])
      expect(stopped.seen).toEqual([first])
    })

    it('takes handlers that subscribe while facts are handed out', async () => {
      const late = recordFacts()
      const { handle, untilCount } = recordFacts()
      let subscribed: Promise<unknown> | undefined
      await there.subscribe({}, (each) => {
        subscribed ??= there.subscribe({}, late.handle)
        handle(each)
      })
      await here.publish([fact(), fact()])
      await untilCount(2)
      await subscribed
      const published = [fact(), fact()]
      await here.publish(published)
      await late.until((all) => all.at(-1)?.id === published[1]!.id)
      expect(late.seen.slice(-2)).toEqual(published)
      const positions = late.seen.map(({ position }) => position)
      expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b))
    })

    it('hands out nothing once it is closed', async () => {
      const closed = recordFacts()
      const { handle, untilCount } = recordFacts()
      await there.subscribe({}, closed.handle)
      const first = fact()
      await here.publish([first])
      await closed.untilCount(1)
      await there.close()
      if (here === there) return
      await here.subscribe({}, handle)
      const second = fact()
      await here.publish([second])
      await untilCount(1)
      expect(closed.seen).toEqual([first])
    })
  })
}
