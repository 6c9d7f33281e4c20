import { Worker } from 'node:worker_threads'

import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { Answer, Job, Task } from '#infra/argon2/password-jobs.ts'

interface Waiting {
  readonly task: Task
  readonly resolve: (result: unknown) => void
  readonly reject: (cause: unknown) => void
}

interface Thread {
  readonly worker: Worker
  running: Waiting | undefined
}

export interface PoolOptions {
  /** The file that a thread runs. */
  readonly file: URL
  readonly threads: number
  /** Tasks that wait; beyond that one is refused with `busy`. */
  readonly waitingMax: number
}

/**
 * Threads of their own for what takes the processor for long. They are begun when they are
 * needed, one that ends is replaced, and while they are idle they do not keep the process alive.
 */
export function createWorkerPool({ file, threads: threadsMax, waitingMax }: PoolOptions) {
  const threads = new Set<Thread>()
  const queue: Waiting[] = []
  let jobs = 0
  let isClosed = false

  function begin(): Thread {
    const worker = new Worker(file)
    const thread: Thread = { worker, running: undefined }
    worker.on('message', (answer: Answer) => {
      const { running } = thread
      thread.running = undefined
      if ('failure' in answer) running?.reject(answer.failure)
      else running?.resolve(answer.result)
      goOn()
    })
    let reason: unknown
    worker.on('error', (cause) => (reason = cause))
    worker.on('exit', () => {
      threads.delete(thread)
      thread.running?.reject(new Error('the thread for passwords has ended', { cause: reason }))
      goOn()
    })
    threads.add(thread)
    return thread
  }

  function goOn(): void {
    for (;;) {
      const idle = [...threads].find(({ running }) => !running)
      const next = queue[0]
      if (isClosed) return
      if (!next || (!idle && threads.size >= threadsMax)) {
        for (const { worker, running } of threads) if (!running) worker.unref()
        return
      }
      const thread = idle ?? begin()
      thread.running = queue.shift()
      thread.worker.ref()
      thread.worker.postMessage({ id: jobs++, task: next.task } satisfies Job)
    }
  }

  return {
    /** Rejects with a `Refusal` `busy` when too many wait, or with what the task threw. */
    run(task: Task): Promise<unknown> {
      if (isClosed) return Promise.reject(closed())
      if (queue.length >= waitingMax) {
        const words = 'Too many are at this now; try again soon.'
        return Promise.reject(new Refusal(HOST_REFUSALS.busy, words))
      }
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject })
        goOn()
      })
    },

    async close(): Promise<void> {
      isClosed = true
      for (const { reject } of queue.splice(0)) reject(closed())
      // An idle thread keeps nothing alive; but its end is waited for.
      for (const { worker } of threads) worker.ref()
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

function closed() {
  return new Refusal(HOST_REFUSALS.stopping, 'The server is stopping.')
}
