import { Argument, type Command } from 'commander'

import { Refusal } from '#events/refusal.ts'
import { table } from '#gateways/cli/admin/columns.ts'
import {
  countOf,
  listOf,
  momentOf,
  passwordFile,
  passwordIn,
  present,
  secondsOf,
} from '#gateways/cli/admin/option-values.ts'
import { accountLines, type ResultOf } from '#gateways/cli/admin/record-view.ts'
import {
  adminCommand,
  type Asked,
  type AskAdmin,
  CLI_REFUSALS,
  type JsonOption,
} from '#gateways/cli/admin/run-operation.ts'
import type { ControlOperation } from '#gateways/control/operations.ts'

/** How members come in, and how they are kept out. */
export function addAccessCommands(account: Command, ask: AskAdmin): void {
  addGroups(account, ask)
  addMasks(account, ask)
  addProofs(account, ask)
  addTokens(account, ask)
  addBans(account, ask)
  addSessions(account, ask)
}

const what = (...choices: string[]) => new Argument('<what>').choices(choices)

function addGroups(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'group <name>', 'let a member join or leave a group, or be its admin')
    .addArgument(what('join', 'leave', 'admin'))
    .argument('<group>')
    .option('--remove', 'with admin: no admin any more', false)
    .action(
      (
        account: string,
        verb: string,
        group: string,
        { json, remove }: JsonOption & { remove: boolean },
      ) => {
        const asked: Readonly<Record<string, [ControlOperation, object]>> = {
          join: ['account.join-group', {}],
          leave: ['account.leave-group', {}],
          admin: ['account.set-group-admin', { is_admin: !remove }],
        }
        const [operation, more] = asked[verb]!
        return ask(
          () => ({ operation, params: { account, group, ...more }, lines: accountLines }),
          { json },
        )
      },
    )
}

function addMasks(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'mask <name>', 'the addresses from which a member may come')
    .addArgument(what('list', 'add', 'remove'))
    .argument('[masks...]', 'ident@address, such as *@192.0.2.*; ! before it keeps out')
    .action((account: string, verb: string, masks: string[], options: JsonOption) =>
      ask(
        () =>
          verb === 'list'
            ? {
                operation: 'account.masks',
                params: { account },
                lines: (result: ResultOf<'account.masks'>) => result.masks,
              }
            : {
                operation: 'account.set-masks',
                params: { account, [verb]: masks },
                lines: ({ count }: ResultOf<'account.set-masks'>) => [
                  `${account} has ${count} masks now`,
                ],
              },
        options,
      ),
    )
}

function addProofs(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'passwd <name>', 'set a password; it ends all sessions')
    .addOption(passwordFile())
    .action((name: string, options: JsonOption & { passwordFile: string }) =>
      ask(
        () => ({
          operation: 'account.password',
          params: { account: name, password: passwordIn(options.passwordFile) },
          lines: () => [`the password of ${name} is set`],
        }),
        options,
      ),
    )
  adminCommand(account, 'mfa <name>', 'take the second factor away')
    .addArgument(what('remove'))
    .requiredOption('--reason <text>', 'why, for the audit')
    .action((name: string, _: string, { json, reason }: JsonOption & { reason: string }) =>
      ask(simple('mfa.remove', name, { reason }, 'has no second factor any more'), { json }),
    )
}

function addTokens(account: Command, ask: AskAdmin): void {
  interface TokenOptions extends JsonOption {
    readonly label?: string
    readonly scope?: readonly string[]
    readonly days?: number
    readonly reason?: string
  }
  adminCommand(account, 'token <name>', 'personal API tokens')
    .addArgument(what('list', 'create', 'revoke'))
    .argument('[id]', 'with revoke: of the token')
    .option('--label <text>', 'with create: to tell it from others')
    .option('--scope <scopes>', 'with create: read,chat,upload,download,site,audit,admin', listOf)
    .option('--days <count>', 'with create: how long it is good; without: for ever', countOf)
    .option('--reason <text>', 'with revoke: why, for the audit')
    .action((account: string, verb: string, token: string | undefined, options: TokenOptions) => {
      const { label, scope: scopes, days, reason } = options
      const asked: Readonly<Record<string, Asked>> = {
        list: {
          operation: 'account.tokens',
          params: { account },
          lines: ({ items }: ResultOf<'account.tokens'>) =>
            table(items, [
              { title: 'id', of: ({ id }) => id },
              { title: 'label', of: ({ label: text }) => text },
              { title: 'scopes', of: (each) => each.scopes.join(',') },
              { title: 'expires, UTC', of: ({ expires_at }) => expires_at },
            ]),
        },
        create: {
          operation: 'account.create-token',
          params: { account, ...present({ label, scopes, expires_in_days: days }) },
          lines: (made: ResultOf<'account.create-token'>) => [
            made.token,
            `id ${made.id}, expires ${made.expires_at ?? 'never'}; the text is shown this once`,
          ],
        },
        revoke: {
          operation: 'account.revoke-token',
          params: { account, ...present({ token, reason }) },
          lines: () => [`the token ${token} of ${account} is good for nothing now`],
        },
      }
      return ask(() => asked[verb]!, options)
    })
}

function addBans(account: Command, ask: AskAdmin): void {
  interface BanOptions extends JsonOption {
    readonly until?: string
    readonly for?: number
    readonly reason: string
  }
  adminCommand(account, 'ban <name>', 'keep a member out; it ends all sessions')
    .option('--until <date>', 'over then; without it and without --for: for ever', momentOf)
    .option('--for <time>', 'how long: 12h, 7d', secondsOf)
    .requiredOption('--reason <text>', 'told to the member and to the audit')
    .action((name: string, { json, until, for: seconds, reason }: BanOptions) =>
      ask(
        simple(
          'account.ban',
          name,
          present({ until, duration_seconds: seconds, reason }),
          'is banned',
        ),
        { json },
      ),
    )
  for (const [verb, description, words] of [
    ['unban', 'let a banned member in again', 'is not banned any more'],
    ['readd', 'bring a deleted member back', 'is a member again'],
    ['purge', 'end a deleted member for good; the name is not given again', 'is purged'],
    ['unlock', 'forget the failed logins of a member', 'can log in again'],
  ] as const) {
    adminCommand(account, `${verb} <name>`, description).action(
      (name: string, options: JsonOption) =>
        ask(simple(`account.${verb}`, name, {}, words), options),
    )
  }
  adminCommand(account, 'delete <name>', 'delete a member, who can be brought back')
    .option('--reason <text>', 'why, for the audit')
    .action((name: string, { json, reason }: JsonOption & { reason?: string }) =>
      ask(simple('account.delete', name, present({ reason }), 'is deleted'), { json }),
    )
  addForget(account, ask)
}

/** `forget`, which stands at the top of the command line too. */
export function addForget(parent: Command, ask: AskAdmin): void {
  adminCommand(
    parent,
    'forget <name>',
    'destroy the key of all personal data of a member, for ever',
  )
    .option('--yes', 'it is meant: nothing brings the data back', false)
    .action((name: string, { json, yes }: JsonOption & { yes: boolean }) =>
      ask(
        () => {
          if (yes) return simple('account.forget', name, {}, 'is forgotten')()
          const words = 'That cannot be undone: say --yes as well.'
          throw new Refusal(CLI_REFUSALS.notConfirmed, words)
        },
        { json },
      ),
    )
}

function addSessions(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'sessions <name>', 'by what a member is in')
    .option('--end <id>', 'end that session or connection; all: every one')
    .option('--reason <text>', 'with --end: why, for the audit')
    .action((name: string, options: JsonOption & { end?: string; reason?: string }) => {
      const { end, reason, json } = options
      if (end === undefined) {
        return ask(
          () => ({ operation: 'account.sessions', params: { account: name }, lines: sessionLines }),
          { json },
        )
      }
      const session = end === 'all' ? undefined : end
      const words = session === undefined ? 'is out everywhere' : `is out of ${session}`
      return ask(simple('account.end-sessions', name, present({ session, reason }), words), {
        json,
      })
    })
}

function sessionLines({ sessions, connections }: ResultOf<'account.sessions'>): string[] {
  const rows = [
    ...connections.map(({ id, gateway, since }) => ({ id, by: gateway, since, from: null })),
    ...sessions.map(({ id, method, opened_at, remote }) => ({
      id,
      by: `session, ${method}`,
      since: opened_at,
      from: remote,
    })),
  ]
  return table(rows, [
    { title: 'id', of: ({ id }) => id },
    { title: 'by', of: ({ by }) => by },
    { title: 'since, UTC', of: ({ since }) => since },
    { title: 'from', of: ({ from }) => from },
  ])
}

/** What is done to an account, and how that is told. */
function simple(
  operation: ControlOperation,
  account: string,
  more: object,
  words: string,
): () => Asked {
  return () => ({ operation, params: { account, ...more }, lines: () => [`${account} ${words}`] })
}
