import type { Command } from 'commander'

import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { bytesOf, listOf, present, textIn } from '#gateways/cli/admin/option-values.ts'
import type { ResultOf } from '#gateways/cli/admin/record-view.ts'
import {
  ADMIN_EXIT,
  type AdminActions,
  adminCommand,
  type AskAdmin,
  type ImportOptions,
  type JsonOption,
  orRefusal,
} from '#gateways/cli/admin/run-operation.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'

/** `rights …`, `explain` and `keys …`: what holds for the whole site. */
export function addSiteCommands(program: Command, ask: AskAdmin): void {
  addRights(program, ask)
  addExplain(program, ask)
  addKeys(program, ask)
}

function addRights(program: Command, ask: AskAdmin): void {
  const rights = program.command('rights').description('who may do what, by path')
  const lines = ({ text }: ResultOf<'rights.show'>) => text.trimEnd().split('\n')
  const put = (text: () => string) => () =>
    ({ operation: 'rights.set', params: { text: text() }, lines }) as const

  adminCommand(rights, 'show', 'print the rights in force').action((options: JsonOption) =>
    ask(() => ({ operation: 'rights.show', params: {}, lines }), options),
  )
  adminCommand(rights, 'set <file>', 'put the rights of a file in force; - for input').action(
    (file: string, options: JsonOption) =>
      ask(
        put(() => textIn(file)),
        options,
      ),
  )
  adminCommand(rights, 'defaults', 'put the rights in force that a new site has').action(
    (options: JsonOption) =>
      ask(
        put(() => DEFAULT_RIGHTS_TEXT),
        options,
      ),
  )
}

function addExplain(program: Command, ask: AskAdmin): void {
  interface ExplainOptions extends JsonOption {
    readonly member: string
    readonly may: string
    readonly path?: string
    readonly size?: number
    readonly own?: boolean
    readonly target?: string
    readonly group?: string
  }
  adminCommand(program, 'explain', 'whether a member may do something, why, and what it would cost')
    .requiredOption('--member <name>', 'who')
    .requiredOption('--may <action>', 'upload, download, delete, nuke …')
    .option('--path <path>', 'where, for rights over a path')
    .option('--size <bytes>', 'how large, for what it would cost: 700M', bytesOf)
    .option('--own', 'what is there is theirs')
    .option('--target <name>', 'the member to whom it is done')
    .option('--group <group>', 'the group that is administered')
    .action(({ json, size, own, ...params }: ExplainOptions) =>
      ask(
        () => ({
          operation: 'policy.explain',
          params: { ...params, ...present({ size_bytes: size, is_owner: own }) },
          lines: explanationLines,
          exitCode: ({ allowed }: Explanation) => (allowed ? ADMIN_EXIT.done : ADMIN_EXIT.denied),
        }),
        { json },
      ),
    )
}

type Explanation = ResultOf<'policy.explain'>

function explanationLines({ member, may, allowed, reason, words, rule, cost }: Explanation) {
  return [
    `${member} ${allowed ? 'may' : 'may NOT'} ${may}: ${words} (${reason})`,
    ...(rule ? [`by line ${rule.line} of the rights: ${rule.text}`] : []),
    ...(cost ? [costLine(may, cost)] : []),
  ]
}

function costLine(may: string, cost: NonNullable<Explanation['cost']>): string {
  const { kind, bytes, section, ratio } = cost
  const where = `in ${section} (ratio ${ratio})`
  if (kind === 'free') return `cost: none ${where}`
  return `${may === 'upload' ? 'earns' : 'cost'}: ${bytes} bytes of credits ${where}`
}

function addKeys(program: Command, ask: AskAdmin): void {
  const keys = program.command('keys').description('the keys that seal and sign')
  const wrapped = ({ rewrapped }: ResultOf<'keys.rewrap'>) => [`${rewrapped} keys are wrapped anew`]
  for (const [verb, description] of [
    ['rotate-master', 'make a new master key and wrap all keys of personal data with it'],
    ['rewrap', 'wrap all keys with the present master key, after it was changed in the settings'],
  ] as const) {
    adminCommand(keys, verb, description).action((options: JsonOption) =>
      ask(() => ({ operation: `keys.${verb}`, params: {}, lines: wrapped }), options),
    )
  }
  adminCommand(
    keys,
    'rotate-signing',
    'make a new key for access tokens, and all of today void',
  ).action((options: JsonOption) =>
    ask(
      () => ({
        operation: 'keys.rotate-signing',
        params: {},
        lines: (result: ResultOf<'keys.rotate-signing'>) => [
          ...result.retired.map((kid) => `void      ${kid}`),
          ...result.in_force.map((kid) => `in force  ${kid}`),
        ],
      }),
      options,
    ),
  )
}

/** `import-glftpd`, which takes a whole site over. */
export function addImportCommand(
  program: Command,
  actions: AdminActions,
  given: () => CommandSettings,
  run: (action: Promise<number>) => Promise<void>,
): void {
  adminCommand(
    program,
    'import-glftpd <folder>',
    "take a glFTPd's users and groups over; no server may run",
  )
    .option('--dry-run', 'only say what would be done', false)
    .option(
      '--sections <names>',
      'names of its credit sections from the second on: MP3,0DAY',
      listOf,
      [],
    )
    .option('--password-reset-file <file>', 'a new file for the names that need a new password')
    .action((folder: string, options: ImportOptions) =>
      run(orRefusal(actions, () => actions.importGlftpd(given(), folder, options))),
    )
}
