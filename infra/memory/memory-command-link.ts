import type { Clock } from '#events/clock.ts'
import {
  assertAddress,
  type CommandLink,
  LinkBusy,
  LinkRefused,
  LinkUnavailable,
} from '#events/command-link.ts'

/** What the links of one process are plugged into. */
export interface Switchboard {
  readonly clock: Clock
  readonly served: Map<string, (request: string) => Promise<string>>
  readonly limits: LinkLimits
}

export interface LinkLimits {
  /** Requests that an address handles at once. */
  readonly concurrent: number
  /** Bytes of a request or an answer. */
  readonly bytes: number
}

export function createSwitchboard(
  clock: Clock,
  limits: LinkLimits = { concurrent: 1_000, bytes: 1024 * 1024 },
): Switchboard {
  return { clock, served: new Map(), limits }
}

/** A link between the parts of one process that share a switchboard. */
export function createMemoryCommandLink(switchboard: Switchboard): CommandLink {
  const { clock, served, limits } = switchboard
  const own = new Set<() => Promise<void>>()
  const closing = new Set<(cause: Error) => void>()
  let isClosed = false

  function assertSmall(text: string): void {
    const bytes = Buffer.byteLength(text)
    if (bytes <= limits.bytes) return
    throw new LinkRefused(`${bytes} bytes are more than the ${limits.bytes} that the link takes`)
  }

  return {
    async serve(address, handle) {
      assertAddress(address)
      if (isClosed) throw new LinkUnavailable('the link is closed', true)
      if (served.has(address)) throw new LinkRefused(`${address} is served already`)
      const running = new Set<Promise<string>>()
      served.set(address, (request) => {
        if (running.size >= limits.concurrent) throw new LinkBusy(address)
        const answer = Promise.resolve().then(() => handle(request))
        running.add(answer)
        answer.catch(() => {}).finally(() => running.delete(answer))
        return answer
      })
      const stop = async () => {
        if (!own.delete(stop)) return
        served.delete(address)
        await Promise.allSettled(running)
      }
      own.add(stop)
      return { stop }
    },

    async request(address, request, timeoutMs) {
      assertAddress(address)
      assertSmall(request)
      if (isClosed) throw new LinkUnavailable('the link is closed', true)
      const ask = served.get(address)
      if (!ask) throw new LinkUnavailable(`nobody serves ${address}`, true)
      const answered = Promise.withResolvers<string>()
      const late = () =>
        new LinkUnavailable(`${address} has not answered in ${timeoutMs} ms`, false)
      const cancel = clock.after(timeoutMs, () => answered.reject(late()))
      closing.add(answered.reject)
      try {
        // A handler that throws answers nobody: the request then times out.
        ask(request).then(answered.resolve, () => {})
        const answer = await answered.promise
        assertSmall(answer)
        return answer
      } catch (cause) {
        // It was handled, and its answer is lost.
        if (cause instanceof LinkRefused) throw new LinkUnavailable(cause.message, false, cause)
        throw cause
      } finally {
        cancel()
        closing.delete(answered.reject)
      }
    },

    async close() {
      isClosed = true
      for (const reject of closing) reject(new LinkUnavailable('the link is closed', false))
      await Promise.all([...own].map((stop) => stop()))
    },
  }
}
