import { Command } from 'commander'
import { expect, test } from 'vitest'

import { addHistoryCommands, type HistoryActions } from '#gateways/cli/history-commands.ts'

/** What the actions are asked for by a command line; the words of its refusal otherwise. */
async function asked(...words: string[]): Promise<unknown> {
  let seen: unknown
  const note =
    (name: string) =>
    async (_: unknown, ...rest: unknown[]) => {
      seen = [name, ...rest]
      return 0
    }
  const names = ['audit', 'state', 'diff', 'replay']
  const actions = Object.fromEntries(
    names.map((name) => [name, note(name)]),
  ) as unknown as HistoryActions
  const program = new Command('veza').exitOverride()
  const given = () => ({ config: undefined, values: {} })
  addHistoryCommands(program, actions, given, async (action) => void (await action))
  for (const each of program.commands) {
    each.exitOverride().configureOutput({ writeErr: () => {} })
  }
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (cause) {
    return (cause as Error).message
  }
  return seen
}

const AUDIT = { json: false, follow: false }

test.each([
  ['audit', ['audit', {}, AUDIT]],
  ['audit race-1', ['audit', { stream: 'race-1' }, AUDIT]],
  [
    'audit race-1 --limit 5 --order oldest --json --follow --text-limit 9',
    [
      'audit',
      { stream: 'race-1' },
      { json: true, follow: true, limit: 5, order: 'oldest', textLimit: 9 },
    ],
  ],
  [
    'audit --type race --type *.removed,room.joined --kind race,room --kind account',
    [
      'audit',
      { types: ['race.*', '*.removed', 'room.joined'], kinds: ['race', 'room', 'account'] },
      AUDIT,
    ],
  ],
  [
    'audit --member ann --correlation c --from 2026-11-21 --to 2026-11-22T00:00Z --text hello',
    [
      'audit',
      {
        member: 'ann',
        correlation: 'c',
        from: Date.UTC(2026, 10, 21),
        to: Date.UTC(2026, 10, 22),
        text: 'hello',
      },
      AUDIT,
    ],
  ],
  [
    'audit --whom bob --gateway ftp --command c',
    ['audit', { whom: 'bob', gateway: 'ftp', command: 'c' }, AUDIT],
  ],
  ['audit --after 0 --before 9', ['audit', { after: 0, before: 9 }, AUDIT]],
  ['state room-site', ['state', 'room-site', { json: false }]],
  ['state room-site --at @7 --json', ['state', 'room-site', { json: true, at: { position: 7 } }]],
  [
    'diff room-site --from 3 --to 2026-11-21',
    [
      'diff',
      'room-site',
      { json: false, from: { version: 3 }, to: { time: Date.UTC(2026, 10, 21) } },
    ],
  ],
  ['replay', ['replay', { verify: false, json: false }]],
  [
    'replay --to 12 --out then',
    ['replay', { verify: false, json: false, to: { position: 12 }, out: 'then' }],
  ],
  [
    'replay --diff 12 2026-11-21 --json',
    [
      'replay',
      {
        verify: false,
        json: true,
        diff: [{ position: 12 }, { time: Date.UTC(2026, 10, 21) }],
      },
    ],
  ],
])('%s', async (line, expected) => {
  expect(await asked(...line.split(' '))).toEqual(expected)
})

test.each([
  ['audit --limit 0', /whole number from 1/],
  ['audit --limit many', /whole number from 1/],
  ['audit --from yesterday', /not a time/],
  ['audit --from 12', /not a time/],
  ['audit --after @1', /not a position/],
  ['audit --order any', /Allowed choices are oldest, newest/],
  ['state', /missing required argument/],
  ['state room-site --at soon', /not a version, a position/],
  ['diff room-site', /required option '--from/],
  ['replay --to x', /not a position, or a time/],
])('%s is refused', async (line, words) => {
  expect(await asked(...line.split(' '))).toMatch(words)
})
