import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '#events/clock.ts'
import type { Fact } from '#events/fact.ts'
import {
  type HookEvent,
  type HookMember,
  type HookMoment,
  type HookVerdict,
  PASSED,
} from '#events/hooks.ts'

import type { ThreadAnswer } from '#infra/hooks/hook-messages.ts'
import type { HookReports } from '#infra/hooks/hook-reports.ts'
import { openKeptValues } from '#infra/hooks/hook-store.ts'
import { HookTrouble } from '#infra/hooks/hook-thread.ts'
import type { HookMemberView } from '#infra/hooks/hooks-api.ts'
import { type About, fits } from '#infra/hooks/hook-filter.ts'
import {
  type SupervisedHooks,
  superviseHooks,
  type SupervisionOptions,
} from '#infra/hooks/supervised-hooks.ts'

export interface HookFolderOptions extends SupervisionOptions {
  readonly clock: Clock
  readonly reports: HookReports
  /** Holds `*.ts`; made when it is not there. */
  readonly folder: string
  readonly matches: (pattern: string, path: string) => boolean
}

const FILES = 50
const API = 'veza-hooks.d.ts'
const CANNOT_SAY = 'A hook of the site cannot say now whether this may be.'

interface Loaded {
  readonly hooks: SupervisedHooks
  hash: string
}

/** The files of hooks in a folder, in the order of their names. */
export async function openHookFolder(options: HookFolderOptions) {
  const { folder, reports, clock, matches } = options
  const loaded = new Map<string, Loaded>()
  let order: readonly SupervisedHooks[] = []

  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Editors know by it what a hook can do.
  await copyFile(new URL('./hooks-api.ts', import.meta.url), join(folder, API))

  async function take(name: string, isForced: boolean): Promise<void> {
    const file = join(folder, name)
    const known = loaded.get(name)
    try {
      const hash = await hashOf(file)
      if (known) {
        if (known.hash === hash && !isForced) return
        known.hash = hash
        return await known.hooks.reload()
      }
      const kept = await openKeptValues(join(folder, 'store', `${name}.json`), clock, (cause) =>
        reports.failed(name, 'store', 'hook-crashed', { err: cause }),
      )
      loaded.set(name, { hash, hooks: await superviseHooks(name, file, kept, options) })
    } catch (cause) {
      // Once it can be read again it is loaded anew, though it be the same: that clears the mark.
      if (known) known.hash = ''
      reports.failed(name, 'load', 'hook-not-loaded', { err: cause })
    }
  }

  async function drop(name: string): Promise<void> {
    const known = loaded.get(name)
    loaded.delete(name)
    await known?.hooks.close()
    reports.cleared(name)
  }

  /** Takes what is new or changed, or everything anew, and ends what is gone. */
  async function reload(isForced = false): Promise<void> {
    // Whoever can write it puts code of their own into this server.
    if (isOpenToOthers(await stat(folder))) {
      const words = 'the folder can be written by everybody: nothing of it is read'
      return reports.failed(folder, 'load', 'hook-not-loaded', { words })
    }
    const names = (await readdir(folder))
      .filter((name) => /^[\w-][\w.-]*\.ts$/.test(name) && !name.endsWith('.d.ts'))
      .toSorted()
    if (names.length > FILES) {
      reports.failed(folder, 'load', 'hook-not-loaded', { words: `more than ${FILES} files` })
    } else {
      reports.cleared(folder)
    }
    const taken = names.slice(0, FILES)
    const gone = [...loaded.keys()].filter((name) => !taken.includes(name))
    await Promise.all([...taken.map((name) => take(name, isForced)), ...gone.map(drop)])
    order = taken.flatMap((name) => loaded.get(name)?.hooks ?? [])
  }

  async function askOne(
    { name, ask, handlers }: SupervisedHooks,
    index: number,
    event: HookEvent,
    about: unknown,
  ): Promise<ThreadAnswer> {
    try {
      const answer = await ask(index, about)
      reports.ran(name, event, typeof answer === 'object' ? 'veto' : answer)
      return answer
    } catch (cause) {
      if (!(cause instanceof HookTrouble)) throw cause
      reports.failed(name, event, cause.code, { words: cause.message })
      return handlers[index]?.onFailure === 'veto' ? { veto: CANNOT_SAY } : 'pass'
    }
  }

  /** Asks the handlers of one file, until one says more than `pass`. */
  async function askFile(
    hooks: SupervisedHooks,
    moment: HookEvent,
    about: About,
    seen: unknown,
  ): Promise<ThreadAnswer> {
    const { handlers } = hooks
    for (const [index, { event, filter }] of handlers.entries()) {
      if (event !== moment || !fits(filter, about, matches)) continue
      const answer = await askOne(hooks, index, event, seen)
      if (answer !== 'pass') return answer
      // Another version has taken the place of this one, and numbers its handlers anew.
      if (hooks.handlers !== handlers) return await askFile(hooks, moment, about, seen)
    }
    return 'pass'
  }

  await reload()
  return {
    reload,

    concerns(event: HookEvent | 'fact', commands: readonly string[] = []): boolean {
      return order.some(({ handlers }) =>
        handlers.some(({ event: wanted, filter }) => {
          if (wanted !== event) return false
          return filter.commands?.some((name) => commands.includes(name)) ?? true
        }),
      )
    },

    /** Asks one handler after another, until one vetoes or consumes. */
    async ask(
      moment: HookMoment,
      member: HookMember,
    ): Promise<HookVerdict & { readonly isConsumed: boolean }> {
      const seen = { ...moment, member: viewOf(member) }
      const about: About = { ...moment, member: member.id, groups: member.groups }
      for (const hooks of order) {
        const answer = await askFile(hooks, moment.event, about, seen)
        if (answer === 'consume') return { ...PASSED, isConsumed: true }
        if (answer !== 'pass') {
          return { isVetoed: true, lines: answer.veto.split('\n'), isConsumed: false }
        }
      }
      return { ...PASSED, isConsumed: false }
    },

    /** Tells the handlers of a fact, without waiting for them. */
    hear({ type, stream, position, data, meta }: Fact): void {
      const { at, by } = meta
      const seen = { type, stream, position, at, by, data }
      const { section } = data as { readonly section?: unknown }
      const about: About = {
        type,
        ...(by !== null && { member: by }),
        ...(typeof section === 'string' && { section }),
      }
      for (const hooks of order) {
        for (const [index, { event, filter }] of hooks.handlers.entries()) {
          if (event !== 'fact' || !fits(filter, about, matches)) continue
          hooks.tell(index, seen).then(
            (answer) => reports.ran(hooks.name, 'fact', answer === 'consume' ? answer : 'pass'),
            (cause: HookTrouble) =>
              reports.failed(hooks.name, 'fact', cause.code, { words: cause.message }),
          )
        }
      }
    },

    async close(): Promise<void> {
      order = []
      await Promise.all([...loaded.keys()].map(drop))
    },
  }
}

export type HookFolder = Awaited<ReturnType<typeof openHookFolder>>

/** Where members come from is not for hooks. */
function viewOf({ id, name, group, groups, flags, tagline, ratio }: HookMember): HookMemberView {
  return { id, name, group, groups, flags, tagline, ratio }
}

function isOpenToOthers({ mode }: Stats): boolean {
  return (mode & 0o002) !== 0
}

async function hashOf(file: string): Promise<string> {
  const found = await stat(file)
  // Reading a named pipe waits for whoever writes to it.
  if (!found.isFile()) throw new HookTrouble('hook-not-loaded', 'it is no plain file')
  if (isOpenToOthers(found)) {
    throw new HookTrouble('hook-not-loaded', 'the file can be written by everybody')
  }
  return createHash('sha256')
    .update(await readFile(file))
    .digest('base64')
}
