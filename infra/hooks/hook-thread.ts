import { Worker } from 'node:worker_threads'

import { z } from 'zod'

import type { Clock } from '#events/clock.ts'

import {
  type Ask,
  type FromThread,
  fromThread,
  LISTENS,
  type Registered,
  type ThreadAnswer,
  type ThreadData,
} from '#infra/hooks/hook-messages.ts'
import type { HookFault } from '#infra/hooks/hook-reports.ts'

/** A handler has not answered as it should. */
export class HookTrouble extends Error {
  readonly code: HookFault

  constructor(code: HookFault, message: string) {
    super(message)
    this.code = code
  }
}

export interface ThreadOptions extends ThreadData {
  readonly clock: Clock
  readonly loadMs: number
  /** It says that it still listens so often, and is ended when it does not within that time. */
  readonly listenMs: number
  readonly heard: (message: Extract<FromThread, { kind: 'log' | 'store' | 'timer-threw' }>) => void
  /** It has ended though nobody has closed it. */
  readonly ended: (why: HookTrouble) => void
}

export interface HookThread {
  readonly handlers: readonly Registered[]
  /** Rejects with `HookTrouble`. The thread is ended when the answer is late. */
  ask(handler: number, about: unknown): Promise<ThreadAnswer>
  /** Another one has its place: it ends when nobody waits for it any more. */
  retire(): void
  close(): Promise<void>
}

/** Answers that may be waited for at a time. */
const WAITING = 1_000

const RESOURCES = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void
  readonly reject: (cause: HookTrouble) => void
  readonly cancel: () => void
}

/** Starts the thread of one file and waits until it has set itself up. Rejects with `HookTrouble`. */
export async function startHookThread(options: ThreadOptions): Promise<HookThread> {
  const { clock, file, stored, loadMs, listenMs } = options
  const worker = new Worker(new URL('./hook-worker.ts', import.meta.url), {
    workerData: { file, stored } satisfies ThreadData,
    // Nothing of what this process has been started with, secrets among it.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: RESOURCES,
  })
  worker.unref()
  worker.stdout.resume()
  worker.stderr.resume()

  const loading = Promise.withResolvers<readonly Registered[]>()
  const waiting = new Map<number, Waiting>()
  let asked = 0
  let trouble: HookTrouble | undefined
  let isClosed = false
  let isReady = false
  let isRetired = false
  let cancelListening = (): void => {}

  /** Everybody who waits hears of it; the first reason is the one that counts. */
  const fail = (why: HookTrouble): void => {
    if (trouble) return
    trouble = why
    cancelListening()
    loading.reject(why)
    for (const { reject, cancel } of waiting.values()) {
      cancel()
      reject(why)
    }
    waiting.clear()
    void worker.terminate()
    if (isReady && !isClosed) options.ended(why)
  }
  const close = async (): Promise<void> => {
    isClosed = true
    cancelListening()
    await worker.terminate()
  }
  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id)
    waiting.delete(id)
    found?.cancel()
    if (isRetired && waiting.size === 0) void close()
    return found
  }
  worker.on('message', (given: unknown) => {
    const parsed = fromThread.safeParse(given)
    if (!parsed.success)
      return fail(
        new HookTrouble(
          isReady ? 'hook-answer-invalid' : 'hook-not-loaded',
          z.prettifyError(parsed.error),
        ),
      )
    const { data } = parsed
    if (data.kind === 'ready') loading.resolve(data.handlers)
    else if (data.kind === 'broken') fail(new HookTrouble('hook-not-loaded', data.words))
    else if (data.kind === 'answer') settle(data.id)?.resolve(data.answer)
    else if (data.kind === 'threw')
      settle(data.id)?.reject(new HookTrouble('hook-threw', data.words))
    else if (data.kind === 'answer-invalid') {
      settle(data.id)?.reject(new HookTrouble('hook-answer-invalid', 'not an answer of a hook'))
    } else if (!trouble) options.heard(data)
  })
  worker.on('error', (cause) => {
    fail(new HookTrouble('hook-crashed', cause instanceof Error ? cause.message : String(cause)))
  })
  worker.on('exit', (code) => fail(new HookTrouble('hook-crashed', `it ended with ${code}`)))

  const tooLate = (ms: number) => new HookTrouble('hook-took-too-long', `longer than ${ms} ms`)
  const put = (handler: number, about: unknown, budgetMs: number): Promise<ThreadAnswer> => {
    if (trouble) return Promise.reject(trouble)
    if (waiting.size >= WAITING && handler !== LISTENS) {
      return Promise.reject(new HookTrouble('hook-overloaded', `${WAITING} answers are due`))
    }
    const id = asked++
    return new Promise((resolve, reject) => {
      const cancel = clock.after(budgetMs, () => fail(tooLate(budgetMs)))
      waiting.set(id, { resolve, reject, cancel })
      worker.postMessage({ id, handler, about } satisfies Ask)
    })
  }
  // What spins in a timer of its own is asked nothing, and would do so for ever.
  const listen = (): void => {
    cancelListening = clock.after(listenMs, () => {
      put(LISTENS, null, listenMs).then(listen, () => {})
    })
  }

  const cancelLoading = clock.after(loadMs, () => fail(tooLate(loadMs)))
  const handlers = await loading.promise.finally(cancelLoading)
  isReady = true
  listen()
  return {
    handlers,
    ask: (handler, about) => put(handler, about, handlers[handler]!.budgetMs),
    retire() {
      isRetired = isClosed = true
      cancelListening()
      if (waiting.size === 0) void close()
    },
    close,
  }
}
