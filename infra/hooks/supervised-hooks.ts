import { HookTrouble, type HookThread, startHookThread } from '#infra/hooks/hook-thread.ts'
import type { Clock } from '#events/clock.ts'

import type { Registered, ThreadAnswer } from '#infra/hooks/hook-messages.ts'
import type { HookReports } from '#infra/hooks/hook-reports.ts'
import type { KeptValues } from '#infra/hooks/hook-store.ts'
import { createTurns } from '#infra/hooks/turns.ts'

export interface SupervisionOptions {
  readonly clock: Clock
  readonly reports: HookReports
  /** A thread that has ended is started again after that, then after twice as long, and so on. */
  readonly restartMs: number
  readonly loadMs: number
  readonly listenMs: number
  /** Throws for a pattern that cannot be read. */
  readonly assertPattern: (pattern: string) => void
}

export interface SupervisedHooks {
  readonly name: string
  readonly handlers: readonly Registered[]
  /** Rejects with `HookTrouble`. */
  ask(handler: number, about: unknown): Promise<ThreadAnswer>
  /** The same, for what nobody waits for: a few at a time, the others later. */
  tell(handler: number, about: unknown): Promise<ThreadAnswer>
  /** Takes the file as it is now; one that cannot be loaded is reported and the old one stays. */
  reload(): Promise<void>
  close(): Promise<void>
}

const RESTART_MS_MAX = 60_000
/**
 * The time that a handler has begins when it is asked. A race makes thousands of facts at once:
 * all at the same time they would be late, each of them and what is asked meanwhile.
 */
const TOLD_AT_ONCE = 4
const TOLD_LATER = 10_000

/** One file of hooks in a thread that is started again when it ends. */
export async function superviseHooks(
  name: string,
  file: string,
  kept: KeptValues,
  options: SupervisionOptions,
): Promise<SupervisedHooks> {
  const { clock, reports, restartMs } = options
  let thread: HookThread | undefined
  let handlers: readonly Registered[] = []
  let why = new HookTrouble('hook-not-loaded', 'it has not been loaded')
  let waitMs = restartMs
  let startedAt = 0
  let cancelRestart = (): void => {}
  let isClosed = false
  let wasGood = false
  let loading = Promise.resolve()
  const turns = createTurns(TOLD_AT_ONCE)
  let due = 0

  const ask: SupervisedHooks['ask'] = (handler, about) =>
    thread?.ask(handler, about) ?? Promise.reject(why)
  const heard: Parameters<typeof startHookThread>[0]['heard'] = (message) => {
    if (message.kind === 'store') return kept.set(message.key, message.value)
    if (message.kind === 'timer-threw') {
      return reports.failed(name, 'every', 'hook-threw', { words: message.words })
    }
    reports.said(name, message.words)
  }
  const ended = (trouble: HookTrouble): void => {
    thread = undefined
    why = trouble
    reports.failed(name, 'thread', trouble.code, { words: trouble.message })
    if (clock.now() - startedAt > RESTART_MS_MAX) waitMs = restartMs
    restartLater()
  }
  const restartLater = (): void => {
    if (isClosed) return
    cancelRestart()
    cancelRestart = clock.after(waitMs, () => void inTurn(load))
    waitMs = Math.min(waitMs * 2, RESTART_MS_MAX)
  }
  const load = async (): Promise<void> => {
    if (isClosed) return
    cancelRestart()
    let started: HookThread
    try {
      const stored = kept.entries()
      started = await startHookThread({ ...options, file, stored, heard, ended })
      await assertPatterns(started, options.assertPattern)
    } catch (cause) {
      const { message } = cause as Error
      const code = cause instanceof HookTrouble ? cause.code : 'hook-not-loaded'
      reports.failed(name, 'load', code, { words: message })
      // What ended by itself is tried again; what has never been good waits to be changed.
      if (!thread && wasGood) restartLater()
      return
    }
    if (isClosed) return await started.close()
    startedAt = clock.now()
    thread?.retire()
    thread = started
    handlers = started.handlers
    wasGood = true
    reports.cleared(name)
  }
  const inTurn = (step: () => Promise<void>): Promise<void> => (loading = loading.then(step))

  await inTurn(load)
  return {
    name,
    get handlers() {
      return handlers
    },
    ask,
    async tell(handler, about) {
      if (due >= TOLD_LATER) {
        throw new HookTrouble('hook-overloaded', `${TOLD_LATER} facts are to be told`)
      }
      const meant = handlers
      due++
      try {
        // Another version may have come, which numbers its handlers anew.
        return await turns.run(async () => (handlers === meant ? ask(handler, about) : 'pass'))
      } finally {
        due--
      }
    },
    async reload() {
      waitMs = restartMs
      await inTurn(load)
    },
    async close() {
      isClosed = true
      cancelRestart()
      await loading
      handlers = []
      await thread?.close()
      await kept.close()
      reports.cleared(name)
    },
  }
}

async function assertPatterns(
  thread: HookThread,
  assertPattern: SupervisionOptions['assertPattern'],
): Promise<void> {
  try {
    for (const { filter } of thread.handlers) filter.paths?.forEach(assertPattern)
  } catch (cause) {
    await thread.close()
    throw new HookTrouble('hook-not-loaded', (cause as Error).message)
  }
}
