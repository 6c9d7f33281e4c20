import { describe, expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import type { History } from '#test/simulation/history.ts'
import { checkHistory, PROPERTIES, type PropertyName } from '#test/simulation/history-checker.ts'

const fact = (position: number, over: Partial<Fact> & { commandId?: string } = {}): Fact => {
  const { commandId = `command ${position}`, ...rest } = over
  return {
    id: `fact ${position}`,
    stream: 'room-a',
    version: position - 1,
    position,
    type: 'room.message-posted',
    data: {},
    meta: {
      at: 0,
      by: null,
      connection: null,
      commandId,
      correlationId: commandId,
      causationId: null,
      schema: 1,
    },
    ...rest,
  }
}

const log = [1, 2, 3].map((position) => fact(position))
const done = (facts: readonly Fact[]) => ({
  outcome: 'done' as const,
  version: facts.at(-1)?.version ?? 0,
  position: facts.at(-1)?.position ?? 0,
  facts,
})
const command = (n: number, attempts: History['commands'][number]['attempts']) => ({
  id: `command ${n}`,
  stream: 'room-a',
  type: 'room.post',
  attempts,
})
const refused = { outcome: 'refused', code: 'busy' } as const
const hearing = { name: 'listener', after: 0, through: 3, mayRepeat: false, facts: log }

const good: History = {
  log,
  commands: [
    command(1, [refused, done([log[0]!]), done([log[0]!])]),
    command(2, [{ outcome: 'unknown', reason: 'no answer' }]),
    command(9, [refused]),
    command(8, [{ outcome: 'unknown', reason: 'no answer' }]),
  ],
  hearings: [
    hearing,
    { ...hearing, facts: [log[0]!, log[1]!, log[0]!, log[1]!, log[2]!], mayRepeat: true },
    { ...hearing, stream: 'room-b', facts: [] },
    { name: 'dead', after: 1, mayRepeat: false, facts: [log[1]!] },
  ],
  expectedEffects: ['fact 1', 'fact 2'],
  effects: [{ about: 'fact 2' }, { about: 'fact 1' }],
  states: [{ stream: 'room-a', version: 2, live: { value: 'open' }, folded: { value: 'open' } }],
  tables: [{ table: 'members', incremental: ['[1]'], rebuilt: ['[1]'] }],
  overdue: [],
  faults: [],
}

/** Histories with one thing wrong, and the property that must say so. */
const broken: readonly (readonly [string, PropertyName, Partial<History>])[] = [
  ['a gap of versions', 'versions without gaps', { log: [log[0]!, log[2]!] }],
  ['a version twice', 'versions without gaps', { log: [...log, fact(4, { version: 2 })] }],
  ['positions out of order', 'positions rising', { log: [log[1]!, log[0]!, log[2]!] }],
  ['an id twice', 'ids unique', { log: [...log, fact(4, { id: 'fact 1' })] }],
  [
    'a receipt for what is not there',
    'nothing acknowledged is lost',
    { commands: [command(4, [done([fact(4)])])] },
  ],
  [
    'a receipt for what is there in another form',
    'nothing acknowledged is lost',
    { commands: [command(1, [done([fact(1, { data: { text: 'else' } })])])] },
  ],
  [
    'a command with two effects',
    'one effect a command',
    { log: [...log, fact(4, { commandId: 'command 1' })] },
  ],
  [
    'a command with an effect in two streams',
    'one effect a command',
    { log: [...log, fact(4, { stream: 'room-b', version: 0, commandId: 'command 2' })] },
  ],
  [
    'a receipt that leaves out a part',
    'one effect a command',
    {
      log: [log[0]!, fact(2, { commandId: 'command 1' }), log[2]!],
      commands: [command(1, [done([log[0]!])])],
    },
  ],
  [
    'a refused command with an effect',
    'no effect of a refusal',
    { commands: [command(2, [refused, refused])] },
  ],
  [
    'two receipts that differ',
    'one receipt a command',
    { commands: [command(1, [done([log[0]!]), done([log[0]!, log[1]!])])] },
  ],
  [
    'a command that was called invalid',
    'no command called invalid',
    { commands: [command(9, [{ outcome: 'refused', code: 'invalid-command' }])] },
  ],
  [
    'a listener that hears backwards',
    'listeners in log order',
    { hearings: [{ ...hearing, facts: [log[1]!, log[0]!, log[2]!] }] },
  ],
  [
    'a listener that hears twice',
    'listeners in log order',
    { hearings: [{ ...hearing, facts: [...log, log[2]!] }] },
  ],
  [
    'a listener that hears what is not so',
    'listeners in log order',
    { hearings: [{ ...hearing, facts: [log[0]!, fact(2, { data: 'else' }), log[2]!] }] },
  ],
  [
    'a listener with a gap',
    'listeners miss nothing',
    { hearings: [{ ...hearing, facts: [log[0]!, log[2]!] }] },
  ],
  [
    'a listener that stays behind',
    'listeners miss nothing',
    { hearings: [{ ...hearing, facts: [log[0]!] }] },
  ],
  [
    'a listener that hears what is not its own',
    'listeners miss nothing',
    { hearings: [{ ...hearing, kinds: ['race'] }] },
  ],
  ['an effect that is missing', 'one effect a fact', { effects: [{ about: 'fact 1' }] }],
  [
    'an effect that comes twice',
    'one effect a fact',
    { effects: [...good.effects, { about: 'fact 1' }] },
  ],
  [
    'an effect of nothing',
    'one effect a fact',
    { effects: [...good.effects, { about: 'fact 3' }] },
  ],
  [
    'a state that is not the fold',
    'states are folds',
    { states: [{ stream: 'room-a', version: 2, live: { topic: 'x' }, folded: { topic: 'y' } }] },
  ],
  [
    'a table that differs from the rebuilt one',
    'tables as rebuilt',
    { tables: [{ table: 'members', incremental: ['[2]'], rebuilt: ['[1]'] }] },
  ],
  ['a deadline that has passed', 'nothing overdue', { overdue: ['connection-a was due'] }],
  ['a fault', 'no faults', { faults: ['TypeError'] }],
]

describe('the checker of histories', () => {
  it('finds nothing wrong with a good one', () => expect(checkHistory(good)).toEqual([]))

  it.each(broken)('finds %s', (_, property, wrong) => {
    const found = checkHistory({ ...good, ...wrong }).map((each) => each.property)
    expect(found).toContain(property)
  })

  it('is proved for each property', () => {
    expect([...new Set(broken.map(([, property]) => property))].toSorted()).toEqual(
      PROPERTIES.toSorted(),
    )
  })
})
