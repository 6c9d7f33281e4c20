import { type Command, Option } from 'commander'

import { table } from '#gateways/cli/admin/columns.ts'
import {
  bytesOf,
  countOf,
  hoursOf,
  momentOf,
  orNone,
  passwordFile,
  passwordIn,
  present,
  secondsOf,
} from '#gateways/cli/admin/option-values.ts'
import { accountLines, type ResultOf } from '#gateways/cli/admin/record-view.ts'
import { adminCommand, type AskAdmin, type JsonOption } from '#gateways/cli/admin/run-operation.ts'

type Options = JsonOption & Record<string, unknown>
type Account = ResultOf<'account.show'>

/** `account add|show|list|set`: the record of a member. */
export function addAccountCommands(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'add <name>', 'make a member, beside a running server or without one')
    .addOption(passwordFile())
    .option('--group <group>', 'group of the member', 'MEMBERS')
    .option('--flags <flags>', 'glFTPd flags: 1 is siteop', '3')
    .option('--role <role>', 'in the chat: user, moderator or administrator')
    .option('--email <address>', 'sealed with a key of the member alone')
    .option('--real-name <name>', 'sealed in the same way')
    .action((name: string, { json, passwordFile: file, realName, ...rest }: Options) =>
      ask(
        () => ({
          operation: 'account.add',
          params: {
            name,
            password: passwordIn(file as string),
            ...present({ ...rest, real_name: realName }),
          },
          lines: (made: Account) => [`${made.name} is a member of ${made.group} now`],
        }),
        { json },
      ),
    )
  adminCommand(account, 'show <name>', 'print the record of a member').action(
    (name: string, options: JsonOption) =>
      ask(
        () => ({ operation: 'account.show', params: { account: name }, lines: accountLines }),
        options,
      ),
  )
  addList(account, ask)
  addSet(account, ask)
}

function addList(account: Command, ask: AskAdmin): void {
  adminCommand(account, 'list', 'list members by name; needs a running server')
    .option('--group <group>', 'only those of the group')
    .option('--role <role>', 'only those of the role')
    .addOption(new Option('--standing <standing>').choices(['active', 'deleted', 'purged']))
    .option('--search <text>', 'only names that begin so')
    .option('--limit <count>', 'at most so many, up to 100', countOf, 50)
    .option('--cursor <cursor>', 'where the page before has ended')
    .action(({ json, ...params }: Options) =>
      ask(() => ({ operation: 'account.list', params, lines: listLines }), { json }),
    )
}

function listLines({ items, next_cursor }: ResultOf<'account.list'>): string[] {
  return [
    ...table(items, [
      { title: 'name', of: ({ name }) => name },
      { title: 'group', of: ({ group }) => group },
      { title: 'flags', of: ({ flags }) => flags },
      { title: 'role', of: ({ role }) => role },
      { title: 'standing', of: ({ standing, is_banned }) => (is_banned ? 'banned' : standing) },
      { title: 'last seen, UTC', of: ({ last_seen_at }) => last_seen_at },
      { title: 'tagline', of: ({ tagline }) => tagline },
    ]),
    ...moreLine(next_cursor),
  ]
}

/** How the next page is asked for. */
export function moreLine(cursor: string | null): string[] {
  return cursor === null ? [] : [`more: --cursor ${cursor}`]
}

/** Options of `account set` and the limits that they are. */
const LIMIT_OPTIONS = [
  ['--logins <count>', 'logins at a time', orNone(countOf), 'logins_max'],
  [
    '--logins-per-address <count>',
    'of them from one address',
    orNone(countOf),
    'logins_per_address_max',
  ],
  ['--uploads <count>', 'uploads at a time', orNone(countOf), 'uploads_max'],
  ['--downloads <count>', 'downloads at a time', orNone(countOf), 'downloads_max'],
  [
    '--upload-speed <bytes>',
    'bytes a second: 500K, 10M',
    orNone(bytesOf),
    'upload_bytes_per_second_max',
  ],
  ['--download-speed <bytes>', 'bytes a second', orNone(bytesOf), 'download_bytes_per_second_max'],
  [
    '--idle <time>',
    'a session that does nothing ends after it: 15m; 0s: never',
    orNone(idleMs),
    'idle_timeout_ms',
  ],
  [
    '--hours <from-to>',
    'hours of the day in UTC at which the member may log in: 8-18',
    orNone(hoursOf),
    'login_hours',
  ],
] as const

function idleMs(text: string): number {
  return secondsOf(text) * 1_000
}

function addSet(account: Command, ask: AskAdmin): void {
  const set = adminCommand(
    account,
    'set <name>',
    "change a member's record; none takes a value away",
  )
    .option('--flags <flags>', 'all glFTPd flags that the member has then')
    .option('--role <role>', 'in the chat: user, moderator or administrator')
    .option('--tagline <text>', 'none: without one', noText)
    .option('--comment <text>', 'of the administrators, for each other', noText)
    .option('--start-directory <path>', 'where FTP begins', noText)
    .option('--email <address>', 'sealed with a key of the member alone', orNone(String))
    .option('--real-name <name>', 'sealed in the same way', orNone(String))
    .option('--expires <date>', 'nobody comes in by it from then on', orNone(momentOf))
    .option('--primary-group <group>', 'the one that the figures count for')
    .option('--active', 'switch the account on')
    .option('--inactive', 'switch the account off: nobody comes in by it')
    .option('--reason <text>', 'why, for the audit')
  for (const [flags, description, parse] of LIMIT_OPTIONS) {
    set.option(flags, description, parse as (text: string) => unknown)
  }
  set.action((name: string, options: Options) =>
    ask(
      () => ({ operation: 'account.set', params: settingsOf(name, options), lines: accountLines }),
      options,
    ),
  )
}

function noText(text: string): string {
  return text === 'none' ? '' : text
}

function settingsOf(account: string, options: Options): object {
  const { flags, role, email, realName, expires, primaryGroup, reason } = options
  const limits = present(
    Object.fromEntries(
      LIMIT_OPTIONS.map(([option, , , field]) => [field, options[camelCased(option)]]),
    ),
  )
  const { tagline, comment, startDirectory } = options
  const profile = present({ tagline, comment, start_directory: startDirectory })
  const active = options['active'] ? true : options['inactive'] ? false : undefined
  return {
    account,
    ...present({ flags, role, email, reason, active }),
    ...present({ real_name: realName, expires_at: expires, primary_group: primaryGroup }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(profile).length > 0 && { profile }),
  }
}

/** The key under which commander keeps an option: `--upload-speed <bytes>` is `uploadSpeed`. */
function camelCased(option: string): string {
  const name = option.slice(2, option.indexOf(' '))
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
