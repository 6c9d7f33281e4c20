import { once } from 'node:events'

import {
  type AllStreamSubscription,
  END,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  type Position,
  type ResolvedEvent,
  START,
  streamNameFilter,
  type StreamSubscription,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'

import { AUDITOR } from '#test/conformance/eventstore-door.ts'
import { doorPerTest } from '#test/conformance/eventstore-door-per-test.ts'

const door = doorPerTest()

const event = (n: number, type = 'counted') => jsonEvent({ type, data: { n } })
const write = (stream: string, ...ns: number[]) =>
  door.client().appendToStream(
    stream,
    ns.map((n) => event(n)),
  )

type AnySubscription = StreamSubscription | AllStreamSubscription

/** The next events of a subscription, as `stream:n`. */
async function next(subscription: AnySubscription, count: number): Promise<string[]> {
  const seen: string[] = []
  for await (const { event } of subscription.iterator({ destroyOnReturn: false })) {
    seen.push(`${event!.streamId}:${(event!.data as { n: number }).n}`)
    if (seen.length === count) break
  }
  return seen
}

describe('a stream', () => {
  it('is followed from its start, through what is there, to what comes', async () => {
    await write('thing-1', 0, 1)
    const subscription = door.client(AUDITOR).subscribeToStream('thing-1', { fromRevision: START })
    const caughtUp = once(subscription, 'caughtUp')
    expect(await next(subscription, 2)).toEqual(['thing-1:0', 'thing-1:1'])
    await caughtUp
    await write('thing-2', 7)
    await write('thing-1', 2)
    expect(await next(subscription, 1)).toEqual(['thing-1:2'])
    await subscription.unsubscribe()
  })

  it('is followed behind a revision, or behind its end, or before it is there', async () => {
    const client = door.client()
    await write('thing-1', 0, 1, 2)
    const behind = client.subscribeToStream('thing-1', { fromRevision: 1n })
    expect(await next(behind, 1)).toEqual(['thing-1:2'])
    const atEnd = client.subscribeToStream('thing-1', { fromRevision: END })
    const early = client.subscribeToStream('thing-9', { fromRevision: 1n })
    await Promise.all([once(atEnd, 'caughtUp'), once(early, 'caughtUp')])
    await write('thing-1', 3)
    await write('thing-9', 0, 1, 2)
    expect(await next(atEnd, 1)).toEqual(['thing-1:3'])
    expect(await next(early, 1)).toEqual(['thing-9:2'])
  })

  it('shows what its metadata leaves of it', async () => {
    const client = door.client()
    await write('thing-1', 0, 1, 2)
    await client.setStreamMetadata('thing-1', { truncateBefore: 2 })
    const subscription = client.subscribeToStream('thing-1', { fromRevision: START })
    expect(await next(subscription, 1)).toEqual(['thing-1:2'])
  })

  it('of a category is followed by links that are resolved', async () => {
    const client = door.client()
    await write('thing-1', 0)
    await write('other-1', 5)
    const subscription = client.subscribeToStream('$ce-thing', { resolveLinkTos: true })
    expect(await next(subscription, 1)).toEqual(['thing-1:0'])
    await write('other-1', 6)
    await write('thing-2', 1)
    const [live] = (await once(subscription, 'data')) as [ResolvedEvent]
    expect(live.event!.streamId).toBe('thing-2')
    const resumed = client.subscribeToStream('$ce-thing', {
      resolveLinkTos: true,
      fromRevision: live.link!.revision,
    })
    await once(resumed, 'caughtUp')
    await write('thing-3', 2)
    expect(await next(resumed, 1)).toEqual(['thing-3:2'])
  })
})

describe('the whole log', () => {
  it('is followed behind a position', async () => {
    await write('thing-1', 0)
    const { position } = await write('thing-1', 1)
    await write('thing-2', 2)
    const subscription = door.client().subscribeToAll({ fromPosition: position! })
    expect(await next(subscription, 1)).toEqual(['thing-2:2'])
    await write('thing-1', 3)
    expect(await next(subscription, 1)).toEqual(['thing-1:3'])
  })

  it.each([
    [
      'streams by prefix',
      streamNameFilter({ prefixes: ['thing-', 'more-'] }),
      ['thing-1:0', 'more-1:2'],
    ],
    [
      'streams by pattern',
      streamNameFilter({ regex: '^m?ore|other-[12]$' }),
      ['other-1:1', 'more-1:2'],
    ],
    [
      'types by prefix',
      eventTypeFilter({ prefixes: ['count'] }),
      ['thing-1:0', 'other-1:1', 'more-1:2'],
    ],
    ['types by pattern', eventTypeFilter({ regex: '^special$' }), ['odd-1:9']],
    [
      'no system events',
      excludeSystemEvents({ maxSearchWindow: 1 }),
      ['thing-1:0', 'other-1:1', 'more-1:2', 'odd-1:9'],
    ],
  ])('is followed with a filter: %s', async (_, filter, expected) => {
    const client = door.client()
    const start = BigInt(await door.system.log.head())
    await write('thing-1', 0)
    await write('other-1', 1)
    await client.setStreamMetadata('thing-1', { maxCount: 3 })
    await write('more-1', 2)
    await client.appendToStream('odd-1', event(9, 'special'))
    const fromPosition = { commit: start, prepare: start }
    const subscription = client.subscribeToAll({ fromPosition, filter })
    expect(await next(subscription, expected.length)).toEqual(expected)
  })

  it('tells how far it is when nothing is wanted: each window, and when it has caught up', async () => {
    const client = door.client()
    const start = BigInt(await door.system.log.head())
    await write('thing-1', ...Array(25).keys())
    const reached: Position[] = []
    const filter = eventTypeFilter({
      prefixes: ['nothing'],
      maxSearchWindow: 5,
      checkpointInterval: 2,
      checkpointReached: async (_, position) => void reached.push(position),
    })
    const fromPosition = { commit: start, prepare: start }
    const subscription = client.subscribeToAll({ fromPosition, filter })
    await once(subscription, 'caughtUp')
    const at = (n: bigint) => ({ commit: start + n, prepare: start + n })
    expect(reached).toEqual([at(10n), at(20n), at(25n)])
  })

  it.each(['(?=a)', '(', 'a{9999}', 'x'.repeat(600)])('refuses the pattern %s', async (regex) => {
    const filter = eventTypeFilter({ regex })
    const subscription = door.client().subscribeToAll({ filter })
    await expect(once(subscription, 'caughtUp')).rejects.toMatchObject({ code: 3 })
  })
})

it('ends for each subscriber when the server stops, as a reason to come again', async () => {
  const subscription = door.client().subscribeToAll({ fromPosition: END })
  await once(subscription, 'caughtUp')
  const ended = once(subscription, 'caughtUp')
  await Promise.all([
    expect(ended).rejects.toMatchObject({ type: 'unavailable' }),
    door.stopServer(),
  ])
})
