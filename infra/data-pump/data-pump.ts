import { availableParallelism } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { Worker } from 'node:worker_threads'

import type {
  DataPump,
  PumpedPart,
  PumpedTransfer,
  SecuredSocket,
  TlsServer,
} from '#events/data-pump.ts'

import { loadSystemCalls, type SystemCalls } from '#infra/data-pump/system-calls.ts'
import type {
  PumpedWork,
  PumpOrder,
  PumpReport,
  PumpTrouble,
  SecuringWork,
} from '#infra/data-pump/pump-messages.ts'
import { loadTlsCalls } from '#infra/data-pump/tls-calls.ts'
import { diskTrouble } from '#infra/files/disk-trouble.ts'

/** Two at least: one that waits for a slow disk does not hold up all the others. */
const THREADS_MIN = 2
const THREADS_MAX = 8
const EFD_CLOEXEC = 0o2000000
const EFD_NONBLOCK = 0o4000

interface Pumped {
  movedBytes: number
  readonly moved: PumpedPart['moved']
  readonly over: PromiseWithResolvers<void>
}

/**
 * A pump for this machine; undefined where there is none (see `loadSystemCalls`). Its threads
 * begin with the first transfers.
 */
export async function createDataPump(): Promise<DataPump | undefined> {
  const calls = await loadSystemCalls()
  if (!calls) return undefined
  const hasTls = (await loadTlsCalls()) !== undefined
  const securedBy = new WeakMap<
    SecuredSocket,
    { readonly thread: PumpThread; readonly id: number }
  >()
  const threads: PumpThread[] = []
  const count = Math.min(THREADS_MAX, Math.max(THREADS_MIN, availableParallelism()))
  let lastId = 0

  const leastBusy = (): PumpThread => {
    const idle = threads.find((thread) => thread.running === 0)
    if (idle) return idle
    if (threads.length < count) {
      const thread = startThread(calls, () => {
        const at = threads.indexOf(thread)
        if (at >= 0) threads.splice(at, 1)
      })
      threads.push(thread)
    }
    return threads.reduce((least, each) => (each.running < least.running ? each : least))
  }
  const begin = (
    part: PumpedPart,
    rest: Pick<PumpedWork, 'direction' | 'endBytes' | 'crc32'>,
  ): PumpedTransfer => {
    const { offsetBytes, grantedBytes } = part
    const id = ++lastId
    const bare = { id, offsetBytes, grantedBytes, ...rest }
    if (typeof part.socket === 'number') {
      const socket = duplicate(calls, part.socket)
      const file = duplicate(calls, part.file, socket)
      return leastBusy().begin({ ...bare, socket, file }, part.moved)
    }
    const { thread, id: secured } = securedBy.get(part.socket)!
    const file = duplicate(calls, part.file)
    return thread.begin({ ...bare, socket: { secured }, file }, part.moved)
  }
  const secure = (socket: number, as: TlsServer | 'client'): SecuredSocket => {
    const id = ++lastId
    const thread = leastBusy()
    const secured = thread.secure({ id, socket: duplicate(calls, socket), as })
    securedBy.set(secured, { thread, id })
    return secured
  }

  return {
    send: (part) => begin(part, { direction: 'send', endBytes: part.endBytes, crc32: 0 }),
    receive: (part) => begin(part, { direction: 'receive', endBytes: 0, crc32: part.crc32 }),
    ...(hasTls && { secure }),
    async stop() {
      await Promise.all(threads.splice(0).map((thread) => thread.stop()))
    },
  }
}

function duplicate(calls: SystemCalls, fd: number, other?: number): number {
  const copy = calls.duplicate(fd)
  if (copy >= 0) return copy
  const cause = systemError({ side: 'connection', call: 'fcntl', errno: calls.errno() })
  if (other !== undefined) calls.close(other)
  throw cause
}

interface PumpThread {
  readonly running: number
  begin(work: PumpedWork, moved: PumpedPart['moved']): PumpedTransfer
  secure(work: SecuringWork): SecuredSocket
  stop(): Promise<void>
}

/** `ended` is told when it can take nothing more. */
function startThread(calls: SystemCalls, ended: () => void): PumpThread {
  const wake = calls.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
  const thread = new Worker(new URL('pump-thread.ts', import.meta.url), { workerData: { wake } })
  const running = new Map<number, Pumped>()
  let isOver = false
  const one = Buffer.alloc(8)
  one.writeBigUInt64LE(1n)

  thread.on('message', ({ id, movedBytes, crc32, end }: PumpReport) => {
    const pumped = running.get(id)!
    const bytes = movedBytes - pumped.movedBytes
    pumped.movedBytes = movedBytes
    if (bytes > 0) pumped.moved(bytes, crc32)
    if (end === undefined) return
    running.delete(id)
    if (running.size === 0) thread.unref()
    if (end === 'done') pumped.over.resolve()
    else if (end === 'stopped') pumped.over.reject(new Error('the transfer was stopped'))
    else pumped.over.reject(end.side === 'disk' ? diskTrouble(systemError(end)) : systemError(end))
  })
  const failAll = (cause: Error): void => {
    isOver = true
    ended()
    for (const { over } of running.values()) over.reject(cause)
    running.clear()
  }
  thread.once('error', failAll)
  thread.once('exit', () => failAll(new Error('the data pump was stopped')))
  thread.unref()
  const order = (told: PumpOrder): void => {
    // Its descriptor may be another's by then.
    if (isOver) return
    thread.postMessage(told)
    calls.write(wake, one, one.length)
  }

  const follow = (id: number, moved: PumpedPart['moved']): Promise<void> => {
    const over = Promise.withResolvers<void>()
    // Its owner may be a moment late to look.
    over.promise.catch(() => {})
    if (isOver) over.reject(new Error('the data pump was stopped'))
    else running.set(id, { movedBytes: 0, moved, over })
    thread.ref()
    return over.promise
  }

  return {
    get running() {
      return running.size
    },
    begin(work, moved) {
      const { id } = work
      const over = follow(id, moved)
      if (isOver) calls.close(work.file)
      order({ kind: 'begin', ...work })
      return {
        over,
        grant: (grantedBytes) => order({ kind: 'grant', id, grantedBytes }),
        stop: () => order({ kind: 'stop', id }),
      }
    },
    secure(work) {
      const ready = follow(work.id, () => {})
      order({ kind: 'secure', ...work })
      return { ready, stop: () => order({ kind: 'stop', id: work.id }) }
    },
    async stop() {
      const ids = [...running.keys()]
      const ended = [...running.values()].map(({ over }) => over.promise.catch(() => {}))
      for (const id of ids) order({ kind: 'stop', id })
      await Promise.all(ended)
      await thread.terminate()
      calls.close(wake)
    },
  }
}

function systemError({ call, errno }: PumpTrouble): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${call} failed: ${code}`), { code, errno: -errno, syscall: call })
}
