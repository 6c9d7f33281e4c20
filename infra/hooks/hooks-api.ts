/**
 * What a hook of the site can do. A copy lies beside the hooks as `veza-hooks.d.ts`:
 *
 *     import type { Hooks } from './veza-hooks.d.ts'
 *     export default function (hooks: Hooks) {
 *       hooks.on('upload.before', { paths: ['*.exe'] }, () => hooks.veto('No programs here.'))
 *     }
 *
 * A file of hooks runs in a thread of its own, which is ended when a handler takes too long.
 */
export interface Hooks {
  /**
   * To be called while the file is being loaded. A handler that answers nothing lets it pass.
   * Of several handlers each is asked, until one vetoes or consumes.
   */
  on<E extends keyof HookEvents>(
    event: E,
    filter: HookFilter,
    handler: (about: HookEvents[E]) => HookAnswer | Promise<HookAnswer>,
    options?: HookOptions,
  ): void
  /** Runs something again and again while the server runs; at least every 1 second. */
  every(seconds: number, run: () => void | Promise<void>): void
  /** No more is asked: what happens, happens. */
  consume(): HookAnswer
  /** It must not happen; the words are for the client. Means nothing where it has happened. */
  veto(words: string): HookAnswer
  /** A line in the server's log; 100 a minute at most. */
  log(words: string): void
  /** Small values that outlast the server: JSON of 64 KiB each, 1 MiB in all. */
  readonly store: HookStore
}

export interface HookStore {
  get(key: string): unknown
  /** Throws when it is too large. */
  set(key: string, value: unknown): void
  delete(key: string): void
}

export type HookAnswer = void | undefined | 'pass' | 'consume' | { readonly veto: string }

/** All that is said must fit; in each list one must. */
export interface HookFilter {
  readonly sections?: readonly string[] | undefined
  /** As in the rights: `/incoming/*`, `*.nfo`. */
  readonly paths?: readonly string[] | undefined
  readonly members?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  /** For commands: `DELE`, `SITE NUKE`, `SITE`. */
  readonly commands?: readonly string[] | undefined
  /** For facts: `race.completed`. */
  readonly types?: readonly string[] | undefined
}

export interface HookOptions {
  /** How long it may take to answer: 10 to 60,000. Default 1,000. */
  readonly budgetMs?: number
  /** What is to happen when it fails or takes too long. Default `pass`. */
  readonly onFailure?: 'pass' | 'veto'
}

export interface HookMemberView {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly groups: readonly string[]
  readonly flags: string
  readonly tagline: string
  readonly ratio: number
}

interface Site {
  readonly member: HookMemberView
  readonly section: string
  readonly release: string
  /** As members see it: `/section/release/…`. */
  readonly path: string
}

interface Command {
  readonly member: HookMemberView
  /** `DELE`; `SITE NUKE` and `SITE`. */
  readonly commands: readonly string[]
  /** As it was said, without passwords. */
  readonly line: string
  /** Of the directory where the client is. */
  readonly section: string
}

export interface HookEvents {
  /** Before the first byte. */
  'upload.before': Site & { readonly offsetBytes: number }
  /** All bytes are here, and are not accepted yet: a veto deletes them. */
  'upload.after': Site & {
    readonly sizeBytes: number
    readonly crc32: string
    readonly durationMs: number
    /** Where the bytes lie now. */
    readonly stagedPath: string
  }
  'directory.before': Site
  /** A veto cancels the command. */
  'command.before': Command
  'command.after': Command
  /** Something has been recorded. Heard once, as it happens; what happened before a start is not. */
  fact: {
    readonly type: string
    /** `race-<id>`. */
    readonly stream: string
    readonly position: number
    /** Milliseconds since 1970. */
    readonly at: number
    /** The member at whose word. */
    readonly by: string | null
    readonly data: Readonly<Record<string, unknown>>
  }
}
