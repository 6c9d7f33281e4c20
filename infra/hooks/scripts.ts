import { mkdir, open } from 'node:fs/promises'
import { basename } from 'node:path'

import type { Clock } from '#events/clock.ts'
import {
  type CustomCommand,
  type CustomOutcome,
  type HookEvent,
  type HookMember,
  type HookMoment,
  type HookVerdict,
  PASSED,
} from '#events/hooks.ts'

import type { HookFault, HookReports } from '#infra/hooks/hook-reports.ts'
import type { HooksFile, ScriptSettings } from '#infra/hooks/hooks-file.ts'
import { runScript, type ScriptEnd } from '#infra/hooks/run-script.ts'
import { environmentOf, wordsOf, withoutAddress } from '#infra/hooks/script-words.ts'
import { createTurns, type Turns } from '#infra/hooks/turns.ts'

export interface ScriptsOptions {
  readonly clock: Clock
  readonly reports: HookReports
  /** The working directory of every script. */
  readonly folder: string
  /** Aborted when the server stops. */
  readonly signal: AbortSignal
  /** Whether a path fits a pattern of the file. */
  readonly matches: (pattern: string, path: string) => boolean
}

interface Script {
  /** Its name for logs and metrics. */
  readonly name: string
  readonly event: HookEvent
  readonly settings: ScriptSettings
  readonly onFailure: 'pass' | 'veto'
  readonly turns: Turns
  readonly fits: (moment: { readonly section: string; readonly path: string }) => boolean
  readonly command?: string
}

const CHECKS = {
  pre_check: 'upload.before',
  pre_dir_check: 'directory.before',
  post_check: 'upload.after',
} as const satisfies Partial<Record<keyof HooksFile, HookEvent>>

/** The programs that `hooks.toml` names, run by glFTPd's rules. */
export function createScripts(file: HooksFile, options: ScriptsOptions) {
  const { clock, reports, folder, matches } = options
  const allTurns = createTurns(file.limits.scripts_at_once)
  const scripts = scriptsOf(file, matches)
  const customs = new Map(file.site_cmd.map((each) => [each.name, customOf(each)]))

  async function run(
    { settings, turns }: Pick<Script, 'settings' | 'turns'>,
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<ScriptEnd> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { time_limit_seconds: seconds = file.limits.time_limit_seconds } = settings
    const { output_kib: kib = file.limits.output_kib } = settings
    const script = {
      path: settings.path,
      words: [...settings.arguments, ...words],
      environment,
      folder,
      timeLimitMs: seconds * 1_000,
      outputBytes: kib * 1_024,
      signal: options.signal,
    }
    return await turns.run(() => allTurns.run(() => runScript(script, clock)))
  }

  async function judge(
    script: Script,
    moment: HookMoment,
    member: HookMember,
  ): Promise<HookVerdict> {
    const end = await run(script, wordsOf(moment, member), environmentOf(moment, member))
    const fault = faultOf(end, moment.event)
    if (fault === undefined) {
      const isVetoed = end.kind === 'exited' && end.code > 0
      reports.ran(script.name, moment.event, isVetoed ? 'veto' : 'pass')
      return { isVetoed, lines: end.lines }
    }
    reports.failed(script.name, moment.event, fault, detailOf(end, member))
    return { isVetoed: script.onFailure === 'veto', lines: [] }
  }

  return {
    /** By which they are reported. */
    names: new Set([...scripts.map(({ name }) => name), ...file.site_cmd.map(nameOfCustom)]),

    concerns(event: HookEvent, commands: readonly string[] = []): boolean {
      return scripts.some((script) => {
        return script.event === event && (!script.command || commands.includes(script.command))
      })
    },

    /** Asks them one after another, in the order of the file, until one refuses. */
    async ask(moment: HookMoment, member: HookMember): Promise<HookVerdict> {
      const lines: string[] = []
      for (const script of scripts) {
        if (script.event !== moment.event || !isAbout(script, moment)) continue
        const verdict = await judge(script, moment, member)
        if (verdict.isVetoed) return verdict
        lines.push(...verdict.lines)
      }
      return lines.length === 0 ? PASSED : { isVetoed: false, lines }
    },

    customs,

    async runCustom(
      name: string,
      words: readonly string[],
      member: HookMember,
      section: string,
    ): Promise<CustomOutcome> {
      const custom = customs.get(name)
      if (!custom) return { isGood: false, lines: [] }
      const { settings, turns } = custom
      const hook = nameOfCustom({ name })
      const event = 'command.before'
      if (custom.kind === 'TEXT') {
        const kib = settings.output_kib ?? file.limits.output_kib
        try {
          const lines = await textLines(settings.path, kib * 1_024)
          reports.ran(hook, event, 'pass')
          return { isGood: true, lines }
        } catch (cause) {
          reports.failed(hook, event, 'text-unreadable', { err: cause })
          return { isGood: false, lines: [] }
        }
      }
      const end = await run({ settings, turns }, words, environmentOf({ event, section }, member))
      const fault = faultOf(end, event)
      if (fault) reports.failed(hook, event, fault, detailOf(end, member))
      else reports.ran(hook, event, 'pass')
      return { isGood: end.kind === 'exited' && end.code === 0, lines: end.lines }
    },
  }
}

export type Scripts = ReturnType<typeof createScripts>

function scriptsOf(file: HooksFile, matches: ScriptsOptions['matches']): readonly Script[] {
  const checks = Object.entries(CHECKS).flatMap(([kind, event]) =>
    file[kind as keyof typeof CHECKS].map((settings): Script => {
      const { path, sections, paths, on_failure: onFailure } = settings
      return {
        name: `${kind} ${basename(path)}`,
        event,
        settings,
        onFailure,
        turns: createTurns(settings.at_once),
        fits: (moment) =>
          (sections?.includes(moment.section) ?? true) &&
          (paths?.some((pattern) => matches(pattern, moment.path)) ?? true),
      }
    }),
  )
  const cscripts = file.cscript.map((settings): Script => {
    const { command, when, path, on_failure: onFailure } = settings
    return {
      name: `cscript ${command} ${when} ${basename(path)}`,
      event: when === 'pre' ? 'command.before' : 'command.after',
      settings,
      onFailure,
      turns: createTurns(settings.at_once),
      fits: () => true,
      command,
    }
  })
  return [...checks, ...cscripts]
}

function isAbout(script: Script, moment: HookMoment): boolean {
  if ('path' in moment) return script.fits(moment)
  return script.command !== undefined && moment.commands.includes(script.command)
}

const NOT_FOUND = 127

/**
 * glFTPd: exit 1 and 127 of a `post_check` are the script's own fault, and the file is kept. Of
 * the other checks any exit above 0 refuses but 127, by which shells say that there is no such
 * program; of a `cscript` any exit above 0.
 */
function faultOf(end: ScriptEnd, event: HookEvent): HookFault | undefined {
  if (end.kind === 'not-started') return 'script-not-started'
  if (end.kind === 'timed-out') return 'script-timed-out'
  if (end.kind === 'killed') return 'script-killed'
  const isFault =
    (end.code === NOT_FOUND && !event.startsWith('command.')) ||
    (end.code === 1 && event === 'upload.after')
  return isFault ? 'script-fault' : undefined
}

function detailOf(end: ScriptEnd, member: HookMember): object {
  return {
    ...(end.kind === 'exited' && { exitCode: end.code }),
    ...(end.kind === 'killed' && { signal: end.signal }),
    // Its words, which the cause holds too, are no business of the log.
    ...(end.kind === 'not-started' && { cause: (end.cause as Error).message }),
    ...(end.complaints !== '' && { complaints: withoutAddress(end.complaints, member) }),
  }
}

const nameOfCustom = ({ name }: { readonly name: string }): string => `site_cmd ${name}`

function customOf({ name, kind, help, usage, ...settings }: HooksFile['site_cmd'][number]) {
  const command: CustomCommand = { name, kind, help, usage, target: settings.path }
  return { ...command, command, settings, turns: createTurns(settings.at_once) }
}

async function textLines(path: string, bytesMax: number): Promise<string[]> {
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(bytesMax)
    const { bytesRead } = await handle.read(buffer, 0, bytesMax, 0)
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split(/\r?\n/)
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines
  } finally {
    await handle.close()
  }
}
