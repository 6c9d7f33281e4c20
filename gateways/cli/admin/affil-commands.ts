import type { Command } from 'commander'

import { fields, table } from '#gateways/cli/admin/columns.ts'
import type { ResultOf } from '#gateways/cli/admin/record-view.ts'
import { adminCommand, type AskAdmin, type JsonOption } from '#gateways/cli/admin/run-operation.ts'

/** `affil …`: the groups that publish on the site. */
export function addAffilCommands(program: Command, ask: AskAdmin): void {
  const affil = program.command('affil').description('manage the groups that publish here')

  adminCommand(affil, 'list', 'list the affils and where they publish').action(
    (options: JsonOption) =>
      ask(() => ({ operation: 'affil.list', params: {}, lines: listLines }), options),
  )
  adminCommand(
    affil,
    'add <group> [sections...]',
    'give a group a pre section; it publishes in the sections that are named',
  ).action((group: string, targets: string[], options: JsonOption) =>
    ask(
      () => ({
        operation: 'affil.add',
        params: { group, ...(targets.length > 0 && { targets }) },
        lines: ({ targets: all, ...rest }: ResultOf<'affil.add'>) =>
          fields({ ...rest, targets: all.join(', ') }),
      }),
      options,
    ),
  )
  adminCommand(affil, 'remove <group>', 'take its pre section, which is empty, away').action(
    (group: string, options: JsonOption) =>
      ask(
        () => ({
          operation: 'affil.remove',
          params: { group },
          lines: ({ group: gone }: ResultOf<'affil.remove'>) => [`${gone} is no affil any more`],
        }),
        options,
      ),
  )
}

function listLines({ items }: ResultOf<'affil.list'>): string[] {
  return table(items, [
    { title: 'group', of: ({ group }) => group },
    { title: 'section', of: ({ section }) => section },
    { title: 'publishes in', of: ({ targets }) => targets.join(', ') },
  ])
}
