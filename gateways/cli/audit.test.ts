import { beforeEach, describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'

import { createFactGateways } from '#gateways/kernel/fact-gateways.ts'

import { auditHeader, auditLine, followedFacts, foundFacts } from '#gateways/cli/audit.ts'

let log: EventLog
let clock: ManualClock
beforeEach(() => {
  log = createMemoryEventLog()
  clock = createManualClock()
})

async function record(stream: string, type: string, data: unknown = {}): Promise<void> {
  const id = createUuidV7(clock).next()
  const origin = { connection: null, commandId: id, correlationId: id, causationId: null }
  const meta = { at: clock.now(), by: 'ann', ...origin, schema: 1 }
  await log.append(stream, [{ id, type, data, meta }], 'any')
}

describe('what is found', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 5; n++) await record(n % 2 === 0 ? 'race-1' : 'room-1', `race.n${n}`)
  })

  it.each([
    ['all, in the order in which they came', {}, [1, 2, 3, 4, 5]],
    ['the newest few, in that order too', { limit: 2 }, [4, 5]],
    ['the oldest few', { limit: 2, order: 'oldest' as const }, [1, 2]],
    ['the newest few, newest first', { limit: 2, order: 'newest' as const }, [5, 4]],
    ['no more than there are', { limit: 99 }, [1, 2, 3, 4, 5]],
  ])('is %s', async (_, options, positions) => {
    const found = await Array.fromAsync(foundFacts(log, {}, options))
    expect(found.map(({ position }) => position)).toEqual(positions)
  })

  it('is looked for no further than the limit', async () => {
    const looked: number[] = []
    const options = { limit: 1, looked: (at: number) => void looked.push(at) }
    await Array.fromAsync(foundFacts(log, { kinds: ['race'] }, options))
    expect(looked).toEqual([4])
  })
})

/** For it every wait is over at the next turn of the event loop. */
const hasty: Clock = {
  now: () => 0,
  after(_, run) {
    const waiting = setImmediate(run)
    return () => clearImmediate(waiting)
  },
}

describe('following', () => {
  it('tells what matches as it comes, once, until it is told to end', async () => {
    await record('race-1', 'race.old')
    const ending = new AbortController()
    const query = { after: await log.head(), kinds: ['race'] }
    const gateways = createFactGateways(log)
    const coming = followedFacts(log, query, { clock: hasty, signal: ending.signal, gateways })
    const first = coming.next()
    await record('room-1', 'room.other')
    await record('race-1', 'race.one')
    await record('race-1', 'race.two')
    expect((await first).value?.type).toBe('race.one')
    expect((await coming.next()).value?.type).toBe('race.two')
    const last = coming.next()
    ending.abort()
    expect(await last).toEqual({ done: true, value: undefined })
  })
})

describe('a line', () => {
  it('has the columns of its header, with the stream when there are several', async () => {
    await record('race-1', 'race.created', { release: 'Some.Release-GRP' })
    const [fact] = await Array.fromAsync(log.readAll())
    for (const isOneStream of [true, false]) {
      const line = auditLine(fact!, { json: false, isOneStream })
      const header = auditHeader(isOneStream)
      expect(line.indexOf('race.created')).toBe(header.indexOf('fact'))
      expect(line.indexOf('{')).toBe(header.indexOf('data'))
      expect(line.includes('race-1')).toBe(!isOneStream)
    }
    const cut = auditLine(fact!, { json: false, isOneStream: true, textLimit: 5 })
    expect(cut).toMatch(/ \{"rel…$/)
    const json = auditLine(fact!, { json: true, isOneStream: true, textLimit: 5, gateway: 'ftp' })
    expect(JSON.parse(json)).toEqual({ ...fact, subject: null, gateway: 'ftp' })
    await record('account-bob', 'account.banned', { until: null, reason: 'spam' })
    const [banned] = await Array.fromAsync(log.readStream('account-bob'))
    const line = auditLine(banned!, { json: true, isOneStream: false })
    expect(JSON.parse(line)).toMatchObject({ subject: 'bob', gateway: null })
  })
})
