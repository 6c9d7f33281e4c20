import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { parse } from 'smol-toml'
import { z } from 'zod'

/** `hooks.toml` cannot be used: the message says line by line what is wrong and what is allowed. */
export class HooksFileError extends Error {
  readonly code: 'hooks-unreadable' | 'hooks-open-to-others' | 'hooks-not-toml' | 'hooks-invalid'

  constructor(code: HooksFileError['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const seconds = z.number().min(0.05).max(600)
const count = z.number().int()
const path = z.string().min(1).max(4_000)
const some = z.array(z.string().min(1).max(255)).max(100)

const script = {
  path,
  /** Stand before the words that every script of its kind is given. */
  arguments: z.array(z.string().max(4_000)).max(50).default([]),
  time_limit_seconds: seconds.optional(),
  output_kib: count.min(1).max(1_024).optional(),
  at_once: count.min(1).max(100).default(4),
}
const where = {
  /** Patterns as in the rights: `/incoming/*`. None: everywhere. */
  paths: some.optional(),
  sections: some.optional(),
}
const onFailure = { on_failure: z.enum(['pass', 'veto']).default('pass') }
const check = z.strictObject({ ...script, ...where, ...onFailure })

const cscript = z.strictObject({
  command: z
    .string()
    .regex(/^(?:SITE )?[A-Z0-9-]{1,16}$/, 'as DELE or SITE NUKE, in capitals')
    .refine((name) => !BEFORE_LOGIN.has(name), 'a command of members who are logged in'),
  when: z.enum(['pre', 'post']),
  ...script,
  ...onFailure,
})

/** They carry what is secret, or are there before anybody is known. */
const BEFORE_LOGIN: ReadonlySet<string> = new Set('USER PASS ACCT AUTH ADAT'.split(' '))

const siteCommand = z.strictObject({
  name: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,15}$/, '1 to 16 capitals, digits and dashes'),
  kind: z.enum(['EXEC', 'TEXT', 'IS']),
  help: z
    .string()
    .min(1)
    .max(120)
    .regex(/^[^\n]*[^\n.]$/, 'one line without a full stop at its end'),
  usage: z.string().max(120).default(''),
  ...script,
})

const schema = z.strictObject({
  limits: z
    .strictObject({
      time_limit_seconds: seconds.default(10),
      output_kib: count.min(1).max(1_024).default(64),
      scripts_at_once: count.min(1).max(1_000).default(16),
    })
    .prefault({}),
  pre_check: z.array(check).max(50).default([]),
  pre_dir_check: z.array(check).max(50).default([]),
  post_check: z.array(check).max(50).default([]),
  cscript: z.array(cscript).max(200).default([]),
  site_cmd: z.array(siteCommand).max(200).default([]),
})

export type HooksFile = z.output<typeof schema>
export type ScriptSettings = Pick<
  HooksFile['cscript'][number],
  'path' | 'arguments' | 'time_limit_seconds' | 'output_kib' | 'at_once'
>

export const NO_HOOKS_FILE: HooksFile = schema.parse({})

export interface HooksFileRules {
  /** The site's own SITE commands, whose names are taken, and for which `IS` may stand. */
  readonly siteCommands: ReadonlySet<string>
  /** Throws for a pattern that cannot be read. */
  readonly assertPattern: (pattern: string) => void
}

/** Reads the file; one that is not there has no scripts. Rejects with `HooksFileError`. */
export async function readHooksFile(file: string, rules: HooksFileRules): Promise<HooksFile> {
  let text: string
  try {
    const found = await stat(file)
    // Reading a named pipe waits for whoever writes to it.
    if (!found.isFile()) throw new HooksFileError('hooks-unreadable', `${file} is no plain file.`)
    // Whoever can write it runs programs as this server.
    if ((found.mode & 0o002) !== 0) {
      throw new HooksFileError('hooks-open-to-others', `${file} can be written by everybody.`)
    }
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof HooksFileError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return NO_HOOKS_FILE
    throw new HooksFileError('hooks-unreadable', `${file} cannot be read: ${message}`, cause)
  }
  return parseHooksFile(text, file, rules)
}

/** Throws `HooksFileError`. Paths of scripts that are not absolute start from the file's folder. */
export function parseHooksFile(text: string, file: string, rules: HooksFileRules): HooksFile {
  let values: unknown
  try {
    values = parse(text)
  } catch (cause) {
    const { message } = cause as Error
    throw new HooksFileError('hooks-not-toml', `${file} is not TOML: ${message}`, cause)
  }
  const parsed = schema.safeParse(values)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${nameOf(issue.path)}: ${issue.message}`)
    throw invalid(file, lines)
  }
  const { data } = parsed
  const wrong = [...wrongPatterns(data, rules), ...wrongCommands(data, rules)]
  if (wrong.length > 0) throw invalid(file, wrong)
  const at = <S extends { path: string }>(each: S): S => {
    return { ...each, path: resolve(dirname(file), each.path) }
  }
  return {
    limits: data.limits,
    pre_check: data.pre_check.map(at),
    pre_dir_check: data.pre_dir_check.map(at),
    post_check: data.post_check.map(at),
    cscript: data.cscript.map(at),
    site_cmd: data.site_cmd.map((each) => (each.kind === 'IS' ? each : at(each))),
  }
}

function wrongPatterns(data: HooksFile, { assertPattern }: HooksFileRules): string[] {
  return (['pre_check', 'pre_dir_check', 'post_check'] as const).flatMap((kind) =>
    data[kind].flatMap(({ paths = [] }, index) =>
      paths.flatMap((pattern) => {
        try {
          assertPattern(pattern)
          return []
        } catch (cause) {
          return `${kind}[${index}].paths: ${pattern}: ${(cause as Error).message}`
        }
      }),
    ),
  )
}

function wrongCommands({ site_cmd: commands }: HooksFile, { siteCommands }: HooksFileRules) {
  const names = new Set<string>()
  return commands.flatMap(({ name, kind, path: target }, index) => {
    const about = `site_cmd[${index}]`
    const isTwice = names.has(name)
    names.add(name)
    if (siteCommands.has(name)) return `${about}.name: SITE ${name} is there already`
    if (isTwice) return `${about}.name: ${name} is there twice`
    const [first = ''] = target.toUpperCase().split(' ')
    if (kind !== 'IS' || siteCommands.has(first)) return []
    return `${about}.path: there is no SITE ${first} for which it could stand`
  })
}

function invalid(file: string, lines: readonly string[]): HooksFileError {
  return new HooksFileError('hooks-invalid', lines.map((line) => `${file}: ${line}`).join('\n'))
}

/** `cscript[0].when`, as one would look for it in the file. */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
