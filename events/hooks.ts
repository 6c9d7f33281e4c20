/** The member at whose word something happens, as scripts and hooks see them. */
export interface HookMember {
  readonly id: string
  readonly name: string
  /** The primary group. */
  readonly group: string
  readonly groups: readonly string[]
  readonly flags: string
  readonly tagline: string
  /** Credits for each byte uploaded to the section; 0 is leech. */
  readonly ratio: number
  /** Personal data: for scripts alone, never for a log. Undefined: not known. */
  readonly address: string | undefined
  readonly ident: string | undefined
  /** KiB a second of the last transfer of this session; 0: there was none. */
  readonly speedKib: number
}

interface Place {
  readonly section: string
  readonly release: string
  /** As members see it: `/section/release/…`. */
  readonly path: string
}

/** What is about to happen, or has happened. */
export type HookMoment =
  | ({ readonly event: 'upload.before'; readonly offsetBytes: number } & Place)
  | ({
      readonly event: 'upload.after'
      readonly sizeBytes: number
      /** 8 lower-case hex digits. */
      readonly crc32: string
      readonly durationMs: number
      /** Where the bytes lie until they are accepted. */
      readonly stagedPath: string
    } & Place)
  | ({ readonly event: 'directory.before' } & Place)
  | ({
      readonly event: 'command.before' | 'command.after'
      /** Of the directory where the client is; '' for the root. */
      readonly section: string
      /** As the client has said it, without what is secret in it. */
      readonly line: string
    } & HookCommand)

export interface HookCommand {
  /** Every name that the command goes by: `DELE`; `SITE NUKE` and `SITE`. */
  readonly commands: readonly string[]
}

export type HookEvent = HookMoment['event']

/** What scripts and hooks say together. */
export interface HookVerdict {
  readonly isVetoed: boolean
  /** For the client: lines that were written, or why it is refused. */
  readonly lines: readonly string[]
}

export const PASSED: HookVerdict = { isVetoed: false, lines: [] }

export const HOOK_REFUSALS = {
  /** A script or hook of the site does not want it. Fields `event` and `lines`. */
  vetoed: 'vetoed-by-hook',
} as const

/** A SITE command of the operator's own. */
export interface CustomCommand {
  /** In capitals. */
  readonly name: string
  readonly help: string
  readonly usage: string
  /** `EXEC` runs a program, `TEXT` shows a file, `IS` stands for another SITE command. */
  readonly kind: 'EXEC' | 'TEXT' | 'IS'
  /** What `IS` stands for: a command's name and perhaps its first words. */
  readonly target: string
}

export interface CustomOutcome {
  readonly isGood: boolean
  readonly lines: readonly string[]
}

export interface HooksHealth {
  readonly ok: boolean
  /** The hooks that fail, each with the code of its last fault. */
  readonly failing: Readonly<Record<string, string>>
}

/** The operator's scripts and hooks. Nothing here rejects because one of them fails. */
export interface Hooks {
  /** Whether anything wants to know: else there is nothing to gather. */
  concerns(event: HookEvent, about?: HookCommand): boolean
  ask(moment: HookMoment, member: HookMember): Promise<HookVerdict>
  customCommands(): readonly CustomCommand[]
  customCommand(name: string): CustomCommand | undefined
  /** Runs an `EXEC` or shows a `TEXT`. */
  runCustom(
    name: string,
    words: readonly string[],
    member: HookMember,
    section: string,
  ): Promise<CustomOutcome>
  health(): HooksHealth
}

export const NO_HOOKS: Hooks = {
  concerns: () => false,
  ask: async () => PASSED,
  customCommands: () => [],
  customCommand: () => undefined,
  runCustom: async () => ({ isGood: false, lines: [] }),
  health: () => ({ ok: true, failing: {} }),
}
