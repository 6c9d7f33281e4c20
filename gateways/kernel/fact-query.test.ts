import { beforeAll, describe, expect, it, test } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

import { type FactQuery, isLike, searchFacts } from '#gateways/kernel/fact-query.ts'

let log: EventLog
const START = 1_700_000_000_000
const COMMAND = '01931a3e-7c00-7abc-8def-0123456789cd'
const CORRELATION = '01931a3e-7c00-7abc-8def-0123456789ab'

const FACTS: readonly (readonly [string, string, string | null, object, string?])[] = [
  ['race-1', 'race.created', 'ann', { release: 'Some.Release-GRP' }, 'c-irc'],
  ['race-1', 'race.file-accepted', 'bob', { file: 'a.r00' }, 'c-ftp'],
  ['room-site', 'room.announced', null, { text: 'New Release' }],
  ['race-2', 'race.created', 'bob', { release: 'Other-GRP' }, 'c-lost'],
  ['race-1', 'race.removed', 'ann', {}, 'c-ftp'],
  ['account-bob', 'account.banned', 'ann', { until: null, reason: 'spam' }, 'c-ftp'],
  ['race-1', 'race.started', 'ann', { member: 'bob', group: 'G', expectedFiles: 1 }],
  ['connection-c-ftp', 'connection.opened', null, { gateway: 'ftp', node: 'n' }],
  ['connection-c-irc', 'connection.opened', null, { gateway: 'irc', node: 'n' }],
]

beforeAll(async () => {
  log = createMemoryEventLog()
  const ids = createUuidV7(createManualClock())
  for (const [index, [stream, type, by, data, connection = null]] of FACTS.entries()) {
    const id = ids.next()
    const correlationId = index === 1 || index === 2 ? CORRELATION : id
    const commandId = index === 3 ? COMMAND : id
    const origin = { by, connection, commandId, correlationId, causationId: null }
    const schema = type === 'connection.opened' ? 2 : 1
    const meta = { at: START + index * 1_000, ...origin, schema }
    await log.append(stream, [{ id, type, data, meta }], 'any')
  }
})

async function found(query: FactQuery, direction: 'forwards' | 'backwards' = 'forwards') {
  const facts = await Array.fromAsync(searchFacts(log, query, { direction }))
  return facts.map(({ position }) => position)
}

describe('a search', () => {
  it.each<[string, FactQuery, number[]]>([
    ['nothing in particular', {}, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['a stream', { stream: 'race-1' }, [1, 2, 5, 7]],
    ['a stream within positions', { stream: 'race-1', after: 1, before: 5 }, [2]],
    ['a kind', { kinds: ['race'] }, [1, 2, 4, 5, 7]],
    ['kinds', { kinds: ['room', 'comet'] }, [3]],
    ['a type', { types: ['race.created'] }, [1, 4]],
    ['types by a pattern', { types: ['race.*ed'] }, [1, 2, 4, 5, 7]],
    ['types by two', { types: ['*.removed', 'room.*'] }, [3, 5]],
    ['a member', { member: 'Bob' }, [2, 4]],
    ['the server itself', { member: '-' }, [3, 8, 9]],
    ['one to whom it was done', { whom: 'Bob' }, [6, 7]],
    ['one by whom and to whom', { member: 'ann', whom: 'bob', kinds: ['account'] }, [6]],
    ['a gateway', { gateway: 'ftp' }, [2, 5, 6]],
    ['a gateway and more', { gateway: 'irc', member: 'ann' }, [1]],
    ['a gateway that nobody came by', { gateway: 'ws' }, []],
    ['a command', { command: COMMAND }, [4]],
    ['a correlation', { correlation: CORRELATION }, [2, 3]],
    ['a time', { from: START + 1_000, to: START + 3_000 }, [2, 3, 4]],
    ['positions', { after: 1, before: 4 }, [2, 3]],
    ['a text', { text: 'RELEASE' }, [1, 3, 4]],
    ['all at once', { kinds: ['race'], member: 'ann', types: ['race.*'], text: 'grp' }, [1]],
    ['what is not there', { stream: 'race-9' }, []],
  ])('for %s', async (_, query, positions) => {
    expect(await found(query)).toEqual(positions)
    expect(await found(query, 'backwards')).toEqual(positions.toReversed())
  })

  it('looks at no more than it must', async () => {
    const looked: number[] = []
    const options = { direction: 'forwards', looked: (at: number) => void looked.push(at) } as const
    await Array.fromAsync(searchFacts(log, { kinds: ['room'] }, options))
    await Array.fromAsync(searchFacts(log, { stream: 'race-2' }, options))
    await Array.fromAsync(searchFacts(log, { after: 3, before: 5 }, options))
    expect(looked).toEqual([3, 4, 4, 5])
  })

  it('reads each connection once, and none for what does not match anyway', async () => {
    const read: string[] = []
    const counted: EventLog = {
      ...log,
      readAll: log.readAll.bind(log),
      readStream(stream, options) {
        read.push(stream)
        return log.readStream(stream, options)
      },
    }
    const query = { gateway: 'ftp', kinds: ['race', 'account'], from: START + 1_000 }
    const facts = await Array.fromAsync(searchFacts(counted, query, { direction: 'forwards' }))
    expect(facts.map(({ position }) => position)).toEqual([2, 5, 6])
    expect(read).toEqual(['connection-c-ftp', 'connection-c-lost'])
  })
})

test.each([
  ['race.created', 'race.created', true],
  ['race.created', 'race.', false],
  ['race.created', 'race.*', true],
  ['race.created', '*', true],
  ['race.created', '*created', true],
  ['race.created', '*.c*t*d', true],
  ['race.created', 'rac?.created', true],
  ['race.created', 'race.created?', false],
  ['race.created', 'race.created*', true],
  ['race.created', '', false],
  ['', '*', true],
  ['aXb.c', 'a.b*', false],
])('%s is like %s: %s', (text, pattern, expected) => {
  expect(isLike(text, pattern)).toBe(expected)
})

test('no pattern is slow', () => {
  expect(isLike('a'.repeat(20_000), `${'*a'.repeat(200)}b`)).toBe(false)
})
