import { readFileSync } from 'node:fs'

import { parse } from 'smol-toml'
import type { z } from 'zod'

import {
  type SettingName,
  settingNames,
  type Settings,
  settingsSchema,
} from '#infra/config/settings.ts'

/** A setting that cannot be used: says which, from where, what it is and what is allowed. */
export class SettingsError extends Error {
  readonly code = 'settings-invalid'
}

export interface SettingsSources {
  /** Settings as `VEZA_DATA_DIR=…`; other variables are left alone. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** From the command line, under their own names. Undefined ones are not set. */
  readonly commandLine: Readonly<Record<string, unknown>>
  /** Path of the file; when it was not asked for by name it may be missing. */
  readonly file: { readonly path: string; readonly isRequired: boolean }
}

/** Variables that are read elsewhere, and are no settings. */
const OTHER_VARIABLES = new Set(['VEZA_CONFIG'])

/** Defaults, then the file, then the environment, then the command line. Throws `SettingsError`. */
export function loadSettings(sources: SettingsSources): Settings {
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const layer = (given: Readonly<Record<string, unknown>>, origin: (key: string) => string) => {
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined) continue
      values[key] = value
      origins[key] = origin(key)
    }
  }
  layer(readFile(sources.file), () => sources.file.path)
  layer(fromEnvironment(sources.environment), (key) => `VEZA_${key.toUpperCase()}`)
  layer(sources.commandLine, (key) => `--${key.replaceAll('_', '-')}`)
  const parsed = settingsSchema.safeParse(values)
  if (parsed.success) return parsed.data
  throw new SettingsError(
    parsed.error.issues.flatMap((issue) => explain(issue, values, origins)).join('\n'),
  )
}

function readFile({ path, isRequired }: SettingsSources['file']): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (!isRequired && (cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new SettingsError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    return parse(text)
  } catch (cause) {
    throw new SettingsError(`${path} is not TOML: ${(cause as Error).message}`, { cause })
  }
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    // An empty variable is an unset one, as in most tools.
    if (!name.startsWith('VEZA_') || OTHER_VARIABLES.has(name) || !value) continue
    found[name.slice('VEZA_'.length).toLowerCase()] = value
  }
  return found
}

function explain(
  issue: z.core.$ZodIssue,
  values: Record<string, unknown>,
  origins: Record<string, string>,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      return `${origins[key]}: there is no setting ${key}. There are: ${settingNames.join(', ')}.`
    })
  }
  const key = String(issue.path[0])
  const value = SECRETS.has(key)
    ? '(hidden)'
    : JSON.stringify(values[key])?.replace(CREDENTIALS, '//(hidden)@')
  return [
    `${origins[key] ?? key}: ${key} = ${value} cannot be used. Allowed: ${allowed(key, issue)}.`,
  ]
}

/** Never said, not even when they are wrong: most of a mistyped secret is the secret. */
const SECRETS: ReadonlySet<string> = new Set<SettingName>([
  'admin_password',
  'master_key',
  'metrics_token',
  'nats_token',
  'oidc_providers',
])

/** A name and password in an address; a password may hold anything, so all before the last `@`. */
const CREDENTIALS = /\/\/.*@/g

function allowed(key: string, issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return issue.values.join(', ')
  const range = RANGES[key]
  return range ?? issue.message
}

/** The limits in words, for settings that are numbers. */
const RANGES: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(settingsSchema.shape).map(([key, schema]) => [key, rangeOf(schema)]),
)

function rangeOf(schema: z.ZodType): string | undefined {
  const inner = 'unwrap' in schema ? (schema.unwrap as () => z.ZodType)() : schema
  if (!('minValue' in inner) || !('maxValue' in inner)) return undefined
  return `a whole number from ${String(inner.minValue)} to ${String(inner.maxValue)}`
}
