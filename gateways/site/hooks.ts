import type { AccountContext } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import {
  DEFAULT_RATIO,
  DEFAULT_SECTION,
  type LedgerContext,
} from '#actors/ledger/ledger.commands.ts'
import {
  type CustomOutcome,
  HOOK_REFUSALS,
  type HookCommand,
  type HookEvent,
  type HookMember,
  type HookMoment,
  type Hooks,
} from '#events/hooks.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'

/** An upload whose bytes are all here, as its scripts are told of it. */
export interface ReceivedUpload {
  readonly section: string
  readonly release: string
  /** Path below the release. */
  readonly file: string
  readonly sizeBytes: number
  readonly receivedBytes: number
  readonly crc32: string
  readonly durationMs: number
  readonly stagedPath: string
}

export interface CommandSaid extends HookCommand {
  readonly line: string
  readonly directory: SitePath
}

/** The moments at which the operator's scripts and hooks are asked. */
export interface SiteHooks extends Pick<
  Hooks,
  'concerns' | 'customCommands' | 'customCommand' | 'health'
> {
  /** Rejects with `vetoed-by-hook`. */
  beforeUpload(caller: SiteCaller, path: SitePath, offsetBytes: number): Promise<void>
  /** Whether the file is to be refused, and lines for the client. */
  afterUpload(
    caller: SiteCaller,
    upload: ReceivedUpload,
  ): Promise<{ readonly isVetoed: boolean; readonly lines: readonly string[] }>
  /** Rejects with `vetoed-by-hook`. */
  beforeDirectory(caller: SiteCaller, path: SitePath): Promise<void>
  /** Lines for the client. Rejects with `vetoed-by-hook`. */
  beforeCommand(caller: SiteCaller, said: CommandSaid): Promise<readonly string[]>
  /** Lines for the client. */
  afterCommand(caller: SiteCaller, said: CommandSaid): Promise<readonly string[]>
  runCustom(
    caller: SiteCaller,
    name: string,
    words: readonly string[],
    directory: SitePath,
  ): Promise<CustomOutcome>
}

export function createSiteHooks({ host, hooks }: { host: ActorHost; hooks: Hooks }): SiteHooks {
  async function ask(
    caller: SiteCaller,
    moment: HookMoment,
    speedKib?: number,
  ): Promise<readonly string[]> {
    const member = await memberFor(host, caller, moment.section)
    const seen = speedKib === undefined ? member : { ...member, speedKib }
    const { isVetoed, lines } = await hooks.ask(moment, seen)
    if (isVetoed) throw vetoed(moment.event, lines)
    return lines
  }

  const command =
    (event: 'command.before' | 'command.after') =>
    async (caller: SiteCaller, { commands, line, directory }: CommandSaid) => {
      if (!hooks.concerns(event, { commands })) return []
      return await ask(caller, { event, commands, line, section: sectionOf(directory) })
    }

  return {
    concerns: (...given) => hooks.concerns(...given),
    customCommands: () => hooks.customCommands(),
    customCommand: (name) => hooks.customCommand(name),
    health: () => hooks.health(),

    async beforeUpload(caller, path, offsetBytes) {
      if (!hooks.concerns('upload.before')) return
      await ask(caller, { event: 'upload.before', ...placeOf(path), offsetBytes })
    },
    async afterUpload(caller, { file, receivedBytes, ...upload }) {
      const event = 'upload.after'
      if (!hooks.concerns(event)) return { isVetoed: false, lines: [] }
      const path = `/${upload.section}/${upload.release}/${file}`
      const seconds = upload.durationMs / 1_000
      const speedKib = seconds === 0 ? 0 : Math.round(receivedBytes / 1_024 / seconds)
      try {
        return { isVetoed: false, lines: await ask(caller, { event, ...upload, path }, speedKib) }
      } catch (cause) {
        if (!(cause instanceof Refusal) || cause.code !== HOOK_REFUSALS.vetoed) throw cause
        return { isVetoed: true, lines: linesOfVeto(cause) }
      }
    },
    async beforeDirectory(caller, path) {
      if (!hooks.concerns('directory.before')) return
      await ask(caller, { event: 'directory.before', ...placeOf(path) })
    },
    beforeCommand: command('command.before'),
    async afterCommand(caller, said) {
      try {
        return await command('command.after')(caller, said)
      } catch (cause) {
        // What has happened cannot be vetoed: it is said all the same.
        if (!(cause instanceof Refusal) || cause.code !== HOOK_REFUSALS.vetoed) throw cause
        return linesOfVeto(cause)
      }
    },
    async runCustom(caller, name, words, directory) {
      const section = sectionOf(directory)
      return await hooks.runCustom(name, words, await memberFor(host, caller, section), section)
    },
  }
}

/** What a client is told of a veto. */
export function linesOfVeto({ message, fields }: Refusal): readonly string[] {
  const lines = fields['lines'] as readonly string[] | undefined
  return lines && lines.length > 0 ? lines : [message]
}

function vetoed(event: HookEvent, lines: readonly string[]): Refusal {
  const words = lines.find((line) => line.trim() !== '') ?? 'A script of the site refuses that.'
  return new Refusal(HOOK_REFUSALS.vetoed, words, { event, lines })
}

function placeOf(path: SitePath) {
  return {
    section: sectionOf(path),
    release: 'release' in path ? path.release : '',
    path: formatPath(path),
  }
}

function sectionOf(path: SitePath): string {
  return path.kind === 'root' ? '' : path.section
}

/** The member as they are now: flags and groups may have changed since the login. */
async function memberFor(
  host: ActorHost,
  { member, origin, speedKib = 0 }: SiteCaller,
  section: string,
): Promise<HookMember> {
  const { id } = member
  const [account, ledger] = await Promise.all([
    host.state<AccountContext>({ kind: 'account', id }),
    host.state<LedgerContext>({ kind: 'ledger', id }),
  ])
  const { name, group, groups, flags, profile } = account.context
  const { ratios } = ledger.context
  return {
    id,
    name,
    group,
    groups: Object.keys(groups),
    flags,
    tagline: profile.tagline,
    ratio: entryOf(ratios, section) ?? entryOf(ratios, DEFAULT_SECTION) ?? DEFAULT_RATIO,
    address: origin?.address,
    ident: origin?.ident,
    speedKib,
  }
}
