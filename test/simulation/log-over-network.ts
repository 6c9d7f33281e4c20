import {
  type EventLog,
  LogUnavailable,
  type LogSubscription,
  type SubscribeOptions,
  type SubscriptionHandlers,
} from '#events/event-log.ts'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { SimulatedLog } from '#test/simulation/simulated-log.ts'
import { ConnectionLost, type SimulatedNetwork } from '#test/simulation/simulated-network.ts'

/** Where the log runs now; undefined while it does not. */
export type LogServer = () => { readonly life: ProcessLife; readonly log: SimulatedLog } | undefined

const TIMEOUT_MS = 400
const PAGE = 32
/** How long the server keeps a question for news. */
const NEWS_TIMEOUT_MS = 5_000

/** A log in another process, asked over the network as a driver of EventStoreDB does. */
export function createLogOverNetwork(
  life: ProcessLife,
  network: SimulatedNetwork,
  server: LogServer,
): EventLog {
  async function call<T>(
    what: string,
    work: (log: SimulatedLog) => Promise<T>,
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> {
    try {
      const to = () => server()?.life
      return await network.call({
        what: `log ${what}`,
        from: life,
        to,
        work: () => work(server()!.log),
        timeoutMs,
        isRepeatable: true,
      })
    } catch (cause) {
      if (!(cause instanceof ConnectionLost)) throw cause
      throw new LogUnavailable('the log does not answer', cause)
    }
  }

  return {
    append: (...args) => call(`append ${args[0]}`, (log) => log.append(...args)),
    async *readStream(stream, { from, limit = Number.POSITIVE_INFINITY, ...rest } = {}) {
      let next = from
      for (let left = limit; left > 0;) {
        const options = {
          ...rest,
          limit: Math.min(PAGE, left),
          ...(next !== undefined && { from: next }),
        }
        const page = await call('read', (log) => Array.fromAsync(log.readStream(stream, options)))
        yield* page
        const last = page.at(-1)
        if (!last || page.length < PAGE) return
        left -= page.length
        next = rest.direction === 'backwards' ? last.version - 1 : last.version + 1
        if (next < 0) return
      }
    },
    async *readAll(options) {
      yield* await call('read all', (log) => Array.fromAsync(log.readAll(options)))
    },
    subscribe: (options, handlers) => follow(call, life, options, handlers),
    streamVersion: (stream) => call('version', (log) => log.streamVersion(stream)),
    head: () => call('head', (log) => log.head()),
    readMetadata: (stream) => call('metadata', (log) => log.readMetadata(stream)),
    writeMetadata: (...args) => call('metadata', (log) => log.writeMetadata(...args)),
    tombstone: (...args) => call('tombstone', (log) => log.tombstone(...args)),
    health: () => ({ writable: true }),
    async close() {},
  }
}

type Ask = <T>(
  what: string,
  work: (log: SimulatedLog) => Promise<T>,
  timeoutMs?: number,
) => Promise<T>

/** A subscription that asks for page after page, and for news when there is none. */
function follow(
  ask: Ask,
  life: ProcessLife,
  { after, batchSize = PAGE, kinds, stream }: SubscribeOptions,
  { deliver, live, failed }: SubscriptionHandlers,
): LogSubscription {
  let isRunning = true
  let position = after

  async function run(): Promise<void> {
    const liveAt = await ask('head', (log) => log.head())
    let hasGoneLive = false
    while (isRunning) {
      const { facts, head } = await ask('page', async (log) => ({
        head: await log.head(),
        facts: await Array.fromAsync(
          log.readAll({ after: position, limit: batchSize, ...(kinds && { kinds }) }),
        ),
      }))
      if (!isRunning) return
      const last = facts.at(-1)?.position ?? position
      const through = facts.length < batchSize ? Math.max(head, last) : last
      const wanted = stream === undefined ? facts : facts.filter((each) => each.stream === stream)
      if (wanted.length > 0) await deliver(wanted, through)
      position = Math.max(position, through)
      if (!hasGoneLive && position >= liveAt) {
        hasGoneLive = true
        live?.()
      }
      if (isRunning && facts.length < batchSize) await news()
    }
  }

  /** Nothing new for so long is no failure. */
  async function news(): Promise<void> {
    try {
      await ask('news', (log) => log.changedAfter(position), NEWS_TIMEOUT_MS)
    } catch (cause) {
      if (!(cause instanceof LogUnavailable)) throw cause
      await life.pause(20)
    }
  }

  const running = run().catch((cause: unknown) => {
    isRunning = false
    failed?.(cause)
  })
  return {
    async stop() {
      isRunning = false
      await running
    },
  }
}
