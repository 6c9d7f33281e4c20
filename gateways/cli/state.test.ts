import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'

import { changesBetween } from '#gateways/kernel/state-changes.ts'

import {
  differenceJson,
  differenceLines,
  type SeenState,
  stateJson,
  stateLines,
} from '#gateways/cli/state.ts'

const AT = Date.UTC(2026, 10, 21, 10)
const id = '01931a3e-7c00-7abc-8def-0123456789ab'
const meta = { at: AT, by: 'ann', connection: null, commandId: id, correlationId: id }

function joined(version: number): Fact {
  const data = { member: 'ann' }
  const origin = { ...meta, causationId: null, schema: 1 }
  return {
    id,
    stream: 'room-a',
    version,
    position: version + 10,
    type: 'room.joined',
    data,
    meta: origin,
  }
}

function seen(version: number, context: object): SeenState {
  const state = { value: version < 0 ? 'absent' : 'open', context, version }
  return { stream: 'room-a', state, last: version < 0 ? undefined : joined(version) }
}

const before = seen(-1, { topic: '', members: {} })
const after = seen(2, { topic: 'new', members: { ann: ['c'] } })
const difference = {
  from: before,
  to: after,
  ...changesBetween(before.state.context, after.state.context, 10),
  facts: [joined(1), joined(2)],
}

test('a state says where, when and what', () => {
  expect(stateLines(after)).toEqual([
    'room-a at version 2 (position 12, 2026-11-21T10:00:00.000Z): open',
    JSON.stringify(after.state.context, null, 2),
  ])
  expect(stateLines(before)[0]).toBe('room-a before its first fact: absent')
  expect(JSON.parse(stateJson(after))).toEqual({
    stream: 'room-a',
    version: 2,
    position: 12,
    at: '2026-11-21T10:00:00.000Z',
    value: 'open',
    context: after.state.context,
  })
  expect(JSON.parse(stateJson(before))).toMatchObject({ version: -1, position: null, at: null })
})

test('a difference reads like one of two files, with the facts below', () => {
  const lines = differenceLines(difference)
  expect(lines.slice(0, 5)).toEqual([
    '--- room-a before its first fact: absent',
    '+++ room-a at version 2 (position 12, 2026-11-21T10:00:00.000Z): open',
    '+ members.ann: ["c"]',
    '- topic: ""',
    '+ topic: "new"',
  ])
  expect(lines.filter((line) => line.includes('room.joined'))).toHaveLength(2)
  const none = { ...difference, changes: [], facts: [], isCut: true }
  expect(differenceLines(none).slice(2)).toEqual([
    'nothing has changed in the state',
    '… and more',
    '',
    'no facts between them',
  ])
})

test('a difference is JSON for programs', () => {
  expect(JSON.parse(differenceJson(difference))).toMatchObject({
    from: { version: -1, value: 'absent' },
    to: { version: 2, value: 'open' },
    changes: [
      { path: 'members.ann', kind: 'added', after: ['c'] },
      { path: 'topic', kind: 'changed', before: '', after: 'new' },
    ],
    isCut: false,
    facts: [{ version: 1 }, { version: 2 }],
  })
})
