import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'

import type { Consumer, Message } from '#gateways/eventstoredb/persistent/consumer.ts'
import type { StrategyName } from '#gateways/eventstoredb/persistent/settings.ts'
import { createStrategy } from '#gateways/eventstoredb/persistent/strategies.ts'

function consumer(id: string, slots: number): Consumer {
  return {
    id,
    from: '',
    username: '',
    connectionName: '',
    slots,
    isReady: true,
    inFlight: 0,
    total: 0,
    send: () => {},
    drop: () => {},
  }
}

function message(stream: string, correlationId: string): Message {
  const meta = {
    at: 1,
    by: null,
    connection: null,
    commandId: '',
    correlationId,
    causationId: null,
    schema: 1,
  }
  const record: Fact = { id: '', stream, version: 0, position: 1, type: 'done', data: {}, meta }
  return { id: '', found: { event: record }, record, position: 1, version: 0, retries: 0 }
}

/** Who gets each message, as its id; what must wait is `-`. */
function dealt(name: StrategyName, consumers: readonly Consumer[], messages: readonly Message[]) {
  const { choose } = createStrategy(name)
  return messages.map((each) => {
    const chosen = choose(each, consumers)
    if (chosen) chosen.inFlight++
    return chosen?.id ?? '-'
  })
}

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => message(`thing-${n % 7}`, `c${n % 5}`))

test('one after the other, past those without room', () => {
  const consumers = [consumer('a', 1), consumer('b', 3), consumer('c', 2)]
  expect(dealt('RoundRobin', consumers, many(7))).toEqual(['a', 'b', 'c', 'b', 'c', 'b', '-'])
})

test('one until it is full', () => {
  const consumers = [consumer('a', 2), consumer('b', 1)]
  expect(dealt('DispatchToSingle', consumers, many(4))).toEqual(['a', 'a', 'b', '-'])
})

test.each([
  ['Pinned', (each: Message) => each.record.stream],
  ['PinnedByCorrelation', (each: Message) => each.record.meta.correlationId],
] as const)('%s: each key has one consumer, before and after one goes', (name, keyOf) => {
  const consumers = ['a', 'b', 'c'].map((id) => consumer(id, 1_000))
  const messages = many(70)
  const { choose } = createStrategy(name)
  const holdersAmong = (among: readonly Consumer[]) => {
    const holders = new Map<string, string>()
    for (const each of messages) {
      const { id } = choose(each, among)!
      expect(holders.get(keyOf(each)) ?? id).toBe(id)
      holders.set(keyOf(each), id)
    }
    return holders
  }
  const before = holdersAmong(consumers)
  const after = holdersAmong(consumers.slice(0, 2))
  for (const [key, id] of before) if (id !== 'c') expect(after.get(key)).toBe(id)
  expect(new Set(before.values()).size).toBeGreaterThan(1)
})

test('a pinned message waits for its consumer, whoever else has room', () => {
  const one = message('thing-1', 'x')
  const consumers = ['a', 'b'].map((id) => consumer(id, 1))
  const { choose, mayPass } = createStrategy('Pinned')
  const holder = choose(one, consumers)!
  holder.inFlight = 1
  expect(choose(one, consumers)).toBeUndefined()
  expect(mayPass).toBe(true)
})
