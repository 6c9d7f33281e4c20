import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

import {
  type Ask,
  type FromThread,
  LISTENS,
  type Registered,
  STORE_LIMITS,
  type ThreadData,
} from '#infra/hooks/hook-messages.ts'
import type { HookAnswer, Hooks, HookStore } from '#infra/hooks/hooks-api.ts'

// The thread of one file of hooks.

type Handler = (about: never) => HookAnswer | Promise<HookAnswer>

const port = parentPort!
const { file, stored } = workerData as ThreadData
const handlers: { readonly registered: Registered; readonly handler: Handler }[] = []
let isLoading = true

const tell = (message: FromThread): void => port.postMessage(message)

const hooks: Hooks = {
  on(event, filter, handler, { budgetMs = 1_000, onFailure = 'pass' } = {}) {
    assertLoading()
    if (typeof handler !== 'function') throw new TypeError('a handler is a function')
    // Only plain data goes to the server's side.
    const registered = structuredClone({ event, filter, budgetMs, onFailure }) as Registered
    handlers.push({ registered, handler })
  },
  every(seconds, run) {
    assertLoading()
    if (!(seconds >= 1 && seconds <= 86_400)) throw new RangeError('every: 1 to 86,400 seconds')
    let isRunning = false
    setInterval(() => {
      if (isRunning) return
      isRunning = true
      Promise.resolve()
        .then(run)
        .catch((cause: unknown) => tell({ kind: 'timer-threw', words: wordsOf(cause) }))
        .finally(() => (isRunning = false))
    }, seconds * 1_000).unref()
  },
  consume: () => 'consume',
  veto: (words) => ({ veto: words }),
  log: (words) => tell({ kind: 'log', words: words.slice(0, 500) }),
  store: createStore(),
}

function createStore(): HookStore {
  const values = new Map(stored)
  const bytesOf = (key: string) =>
    values.has(key) ? Buffer.byteLength(values.get(key)!) + Buffer.byteLength(key) : 0
  let allBytes = [...values.keys()].reduce((sum, key) => sum + bytesOf(key), 0)
  return {
    get(key) {
      const text = values.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    set(key, value) {
      const text = JSON.stringify(value) as string | undefined
      if (text === undefined) throw new TypeError('store: a value that JSON can hold')
      const bytes = Buffer.byteLength(text)
      const after = allBytes - bytesOf(key) + bytes + Buffer.byteLength(key)
      const { valueBytes, allBytes: most, keyCharacters } = STORE_LIMITS
      if (bytes > valueBytes || after > most || key.length > keyCharacters) {
        throw new RangeError('store: the value, the key or all together is too large')
      }
      values.set(key, text)
      allBytes = after
      tell({ kind: 'store', key, value: text })
    },
    delete(key) {
      allBytes -= bytesOf(key)
      if (values.delete(key)) tell({ kind: 'store', key, value: null })
    },
  }
}

function assertLoading(): void {
  if (!isLoading) throw new Error('handlers are set up while the file is loaded, not later')
}

async function answer({ id, handler: index, about }: Ask): Promise<void> {
  if (index === LISTENS) return tell({ kind: 'answer', id, answer: 'pass' })
  try {
    const said = (await handlers[index]!.handler(about as never)) ?? 'pass'
    const isVeto = typeof said === 'object' && typeof said.veto === 'string'
    if (isVeto) tell({ kind: 'answer', id, answer: { veto: said.veto.slice(0, 2_000) } })
    else if (said === 'pass' || said === 'consume') tell({ kind: 'answer', id, answer: said })
    else tell({ kind: 'answer-invalid', id })
  } catch (cause) {
    tell({ kind: 'threw', id, words: wordsOf(cause) })
  }
}

function wordsOf(cause: unknown): string {
  return (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)).slice(0, 2_000)
}

try {
  const { default: setUp } = (await import(pathToFileURL(file).href)) as { default?: unknown }
  if (typeof setUp !== 'function') throw new TypeError('the default export is no function')
  await (setUp as (given: Hooks) => unknown)(hooks)
  isLoading = false
  port.on('message', (ask: Ask) => void answer(ask))
  tell({ kind: 'ready', handlers: handlers.map(({ registered }) => registered) })
} catch (cause) {
  tell({ kind: 'broken', words: wordsOf(cause) })
}
