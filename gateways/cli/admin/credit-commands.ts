import type { Command } from 'commander'

import { moreLine } from '#gateways/cli/admin/account-commands.ts'
import { table } from '#gateways/cli/admin/columns.ts'
import { bytesOf, countOf, orNone, present } from '#gateways/cli/admin/option-values.ts'
import type { ResultOf } from '#gateways/cli/admin/record-view.ts'
import { adminCommand, type AskAdmin, type JsonOption } from '#gateways/cli/admin/run-operation.ts'

type Options = JsonOption & Record<string, unknown>
type Balance = ResultOf<'credits.give'>

const balanceLines = ({ account, section, balance_bytes }: Balance) => [
  `${account} has ${balance_bytes} bytes of credits in ${section} now`,
]

/** `credits …`: what members have earned, and why. */
export function addCreditCommands(program: Command, ask: AskAdmin): void {
  const credits = program.command('credits').description("manage members' credits")
  const section = [
    '--section <section>',
    'of the site; default where it has none of its own',
  ] as const
  const note = ['--note <text>', 'shown beside the line'] as const

  adminCommand(credits, 'show <name>', 'balances, ratios and weekly allotments').action(
    (account: string, options: JsonOption) =>
      ask(() => ({ operation: 'credits.show', params: { account }, lines: showLines }), options),
  )
  adminCommand(credits, 'explain <name>', 'every line with its cause; needs a running server')
    .option(...section)
    .option('--limit <count>', 'at most so many, up to 100', countOf, 50)
    .option('--cursor <cursor>', 'where the page before has ended')
    .action((account: string, { json, ...params }: Options) =>
      ask(
        () => ({
          operation: 'credits.explain',
          params: { account, ...params },
          lines: explainLines,
        }),
        { json },
      ),
    )
  for (const [verb, description] of [
    ['give', 'give credits out of nothing: credits give bob 10G'],
    ['take', 'take credits, into debt when there are not so many'],
  ] as const) {
    adminCommand(credits, `${verb} <name>`, description)
      .argument('<bytes>', '1500, 64K, 10G', bytesOf)
      .option(...section)
      .option(...note)
      .action((account: string, bytes: number, { json, ...more }: Options) =>
        ask(
          () => ({
            operation: `credits.${verb}`,
            params: { account, bytes, ...more },
            lines: balanceLines,
          }),
          { json },
        ),
      )
  }
  adminCommand(credits, 'reverse <name>', 'undo a line of the ledger')
    .argument('<line>', 'its number, as explain shows it', countOf)
    .option('--bytes <bytes>', 'so much of it; without: all that is left', bytesOf)
    .option(...note)
    .action((account: string, line: number, { json, ...more }: Options) =>
      ask(
        () => ({
          operation: 'credits.reverse',
          params: { account, line, ...more },
          lines: balanceLines,
        }),
        { json },
      ),
    )
  addTerms(credits, ask, section)
}

function addTerms(credits: Command, ask: AskAdmin, section: readonly [string, string]): void {
  adminCommand(credits, 'ratio <name>', 'set how many credits a byte of an upload earns')
    .argument('<ratio>', '3, 1.5; 0: a leech', Number)
    .option(...section)
    .action((account: string, ratio: number, { json, ...more }: Options) =>
      ask(
        () => ({
          operation: 'credits.ratio',
          params: { account, ratio, ...more },
          lines: (set: ResultOf<'credits.ratio'>) => [
            `${set.account} earns ${set.ratio} credits a byte in ${set.section} now`,
          ],
        }),
        { json },
      ),
    )
  adminCommand(credits, 'allotment <name>', 'set what takes the place of the balance each week')
    .argument('<bytes>', '10G; none: no allotment', orNone(bytesOf))
    .option(...section)
    .action((account: string, bytes: unknown, { json, ...more }: Options) =>
      ask(
        () => ({
          operation: 'credits.allotment',
          params: { account, ...present({ bytes, ...more }) },
          lines: (set: ResultOf<'credits.allotment'>) => [
            `${set.account} is allotted ${set.allotment_bytes ?? 'no'} bytes a week in ${set.section} now`,
          ],
        }),
        { json },
      ),
    )
}

function showLines({ sections }: ResultOf<'credits.show'>): string[] {
  return table(sections, [
    { title: 'section', of: ({ section }) => section },
    { title: 'balance, bytes', of: ({ balance_bytes }) => balance_bytes },
    { title: 'ratio, credits a byte', of: ({ ratio }) => ratio },
    { title: 'allotment, bytes a week', of: ({ allotment_bytes }) => allotment_bytes },
  ])
}

function explainLines({ items, next_cursor }: ResultOf<'credits.explain'>): string[] {
  return [
    ...table(items, [
      { title: 'line', of: ({ line }) => line },
      { title: 'when, UTC', of: ({ at }) => at },
      { title: 'section', of: ({ section }) => section },
      { title: 'change, bytes', of: ({ change_bytes }) => change_bytes },
      { title: 'balance, bytes', of: ({ balance_bytes }) => balance_bytes },
      { title: 'by', of: ({ by }) => by },
      { title: 'cause', of: ({ cause }) => causeText(cause) },
      { title: 'undoes line', of: ({ reverses_line }) => reverses_line },
    ]),
    ...moreLine(next_cursor),
  ]
}

function causeText({ kind = '', ...rest }: Readonly<Record<string, string>>): string {
  const more = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return [kind, ...more].join(', ')
}
