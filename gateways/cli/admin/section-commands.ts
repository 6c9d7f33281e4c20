import type { Command } from 'commander'

import { fields, table } from '#gateways/cli/admin/columns.ts'
import type { ResultOf } from '#gateways/cli/admin/record-view.ts'
import { adminCommand, type AskAdmin, type JsonOption } from '#gateways/cli/admin/run-operation.ts'
import { rulesIn } from '#gateways/members/administration/section-rule-words.ts'

type Section = ResultOf<'section.show'>

/** `section …`: the sections of the site, each with its rules. */
export function addSectionCommands(program: Command, ask: AskAdmin): void {
  const section = program.command('section').description('manage the sections of the site')

  adminCommand(section, 'list', 'list the sections').action((options: JsonOption) =>
    ask(() => ({ operation: 'section.list', params: {}, lines: listLines }), options),
  )
  adminCommand(section, 'show <name>', 'print the rules of a section').action(
    (name: string, options: JsonOption) =>
      ask(
        () => ({ operation: 'section.show', params: { section: name }, lines: sectionLines }),
        options,
      ),
  )
  adminCommand(
    section,
    'add <name> [rules...]',
    'make a section: dupe_days=30 banned_names=*.exe,*.com',
  ).action((name: string, words: string[], options: JsonOption) =>
    ask(
      () => ({
        operation: 'section.add',
        params: { name, rules: rulesIn(words) },
        lines: sectionLines,
      }),
      options,
    ),
  )
  adminCommand(
    section,
    'set <name> <rules...>',
    'change rules of a section; none takes a value away',
  ).action((name: string, words: string[], options: JsonOption) =>
    ask(
      () => ({
        operation: 'section.set',
        params: { section: name, rules: rulesIn(words) },
        lines: sectionLines,
      }),
      options,
    ),
  )
  adminCommand(section, 'remove <name>', 'remove a section that has no releases').action(
    (name: string, options: JsonOption) =>
      ask(
        () => ({
          operation: 'section.remove',
          params: { section: name },
          lines: ({ section: gone }: ResultOf<'section.remove'>) => [`${gone} is removed`],
        }),
        options,
      ),
  )
}

function listLines({ items }: ResultOf<'section.list'>): string[] {
  return table(items, [
    { title: 'name', of: ({ name }) => name },
    { title: 'purpose', of: ({ rules }) => rules.purpose },
    { title: 'group', of: ({ rules }) => rules.group },
    { title: 'dupe days', of: ({ rules }) => rules.dupe_days },
    { title: 'free space, MiB', of: ({ rules }) => rules.free_space_mib },
  ])
}

function sectionLines({ name, rules }: Section): string[] {
  const values = Object.entries(rules).map(([rule, value]) => [rule, ruleText(value)] as const)
  return fields({ name, ...Object.fromEntries(values) })
}

type RuleValue = Section['rules'][keyof Section['rules']]

/** As it would be typed. */
export function ruleText(value: RuleValue): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
