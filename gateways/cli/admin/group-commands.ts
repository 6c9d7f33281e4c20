import type { Command } from 'commander'

import { moreLine } from '#gateways/cli/admin/account-commands.ts'
import { table } from '#gateways/cli/admin/columns.ts'
import { bytesOf, countOf, orNone, present } from '#gateways/cli/admin/option-values.ts'
import { groupLines, type ResultOf } from '#gateways/cli/admin/record-view.ts'
import { adminCommand, type AskAdmin, type JsonOption } from '#gateways/cli/admin/run-operation.ts'

type Options = JsonOption & Record<string, unknown>

/** `group …`: groups of members, and what their own admins may give out. */
export function addGroupCommands(program: Command, ask: AskAdmin): void {
  const group = program.command('group').description('manage groups of members')

  adminCommand(group, 'add <name>', 'make a group')
    .option('--description <text>', 'what it is')
    .action((name: string, { json, description }: Options) =>
      ask(
        () => ({
          operation: 'group.add',
          params: { name, ...present({ description }) },
          lines: groupLines,
        }),
        { json },
      ),
    )
  adminCommand(group, 'list', 'list groups by name; needs a running server')
    .option('--limit <count>', 'at most so many, up to 100', countOf, 50)
    .option('--cursor <cursor>', 'where the page before has ended')
    .action(({ json, ...params }: Options) =>
      ask(() => ({ operation: 'group.list', params, lines: listLines }), { json }),
    )
  adminCommand(group, 'set <name>', "change a group's record; none takes a limit away")
    .option('--description <text>', 'what it is')
    .option('--private', 'seen by its members and administrators alone')
    .option('--public', 'seen by all')
    .option('--slots <count>', 'members that its admins may add', orNone(countOf))
    .option('--leech-slots <count>', 'of them, how many may be leeches', orNone(countOf))
    .option('--allotment-slots <count>', 'how many may have an allotment', orNone(countOf))
    .option('--allotment-max <bytes>', 'the largest allotment: 10G', orNone(bytesOf))
    .option('--logins <count>', 'logins at a time of all members', orNone(countOf))
    .action((name: string, options: Options) =>
      ask(
        () => ({ operation: 'group.set', params: settingsOf(name, options), lines: groupLines }),
        options,
      ),
    )
  for (const [verb, description] of [
    ['show', 'print the record of a group'],
    ['delete', 'delete a group, which can be brought back'],
    ['readd', 'bring a deleted group back'],
  ] as const) {
    adminCommand(group, `${verb} <name>`, description).action((name: string, options: JsonOption) =>
      ask(
        () => ({ operation: `group.${verb}`, params: { group: name }, lines: groupLines }),
        options,
      ),
    )
  }
}

function listLines({ items, next_cursor }: ResultOf<'group.list'>): string[] {
  return [
    ...table(items, [
      { title: 'name', of: ({ name }) => name },
      { title: 'members', of: ({ member_count }) => member_count },
      { title: 'private', of: ({ is_private }) => (is_private ? 'yes' : 'no') },
      { title: 'standing', of: ({ is_deleted }) => (is_deleted ? 'deleted' : 'active') },
      { title: 'description', of: ({ description }) => description },
    ]),
    ...moreLine(next_cursor),
  ]
}

function settingsOf(group: string, options: Options): object {
  const { description, slots, leechSlots, allotmentSlots, allotmentMax, logins } = options
  const isPrivate = options['private'] ? true : options['public'] ? false : undefined
  const limits = present({
    slots,
    leech_slots: leechSlots,
    allotment_slots: allotmentSlots,
    allotment_bytes_max: allotmentMax,
    logins_max: logins,
  })
  return {
    group,
    ...present({ description, is_private: isPrivate }),
    ...(Object.keys(limits).length > 0 && { limits }),
  }
}
