import { ErrorCode, headers, type Msg, NatsError } from 'nats'

import {
  assertAddress,
  type CommandLink,
  LinkBusy,
  LinkRefused,
  LinkUnavailable,
} from '#events/command-link.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { natsTrouble } from '#infra/nats/nats-trouble.ts'

export interface CommandLinkOptions {
  /** Requests that an address handles at once; further ones are told that it is busy. */
  readonly concurrent?: number
}

const CONCURRENT = 1_000
const NO_RESPONDERS: string = ErrorCode.NoResponders
/** Requests are at `veza.commands.<address>`. */
const SUBJECT = 'veza.commands'
/** In an answer that is none: `busy`, or `too-large`. */
const INSTEAD = 'Veza-No-Answer'

/** Requests over NATS: a subject for each address, one answer for each request. */
export function createNatsCommandLink(nats: Nats, options: CommandLinkOptions = {}): CommandLink {
  const { connection } = nats
  const concurrent = options.concurrent ?? CONCURRENT
  const own = new Set<() => Promise<void>>()
  const closing = new Set<(cause: Error) => void>()
  let isClosed = false

  /** The server's own limit counts the headers, of which a request has none. */
  function isTooLarge(bytes: number): boolean {
    return bytes > nats.maxPayload()
  }

  async function answer(
    message: Msg,
    handle: (request: string) => Promise<string>,
    running: Set<Promise<string>>,
  ): Promise<void> {
    const handled = Promise.resolve().then(() => handle(message.string()))
    running.add(handled)
    try {
      const text = Buffer.from(await handled)
      if (isTooLarge(text.length)) message.respond(undefined, { headers: instead('too-large') })
      else message.respond(text)
    } catch (cause) {
      nats.report(natsTrouble('a request was not answered', cause))
    } finally {
      running.delete(handled)
    }
  }

  return {
    async serve(address, handle) {
      assertAddress(address)
      if (isClosed) throw new LinkUnavailable('the link is closed', true)
      const running = new Set<Promise<string>>()
      const subscription = connection.subscribe(`${SUBJECT}.${address}`, {
        // Within a group one alone gets each request.
        queue: address,
        callback(error, message) {
          if (error) return nats.report(natsTrouble(`${address} is not served`, error))
          if (running.size >= concurrent) {
            return void message.respond(undefined, { headers: instead('busy') })
          }
          void answer(message, handle, running)
        },
      })
      // Whoever asks after this must be heard.
      await flush(nats)
      const stop = async () => {
        if (!own.delete(stop)) return
        if (connection.isClosed() || !nats.isConnected()) subscription.unsubscribe()
        else await subscription.drain()
        await Promise.allSettled(running)
        await flush(nats)
      }
      own.add(stop)
      return { stop }
    },

    async request(address, request, timeoutMs) {
      assertAddress(address)
      const bytes = Buffer.from(request)
      if (isTooLarge(bytes.length)) {
        const limit = `the ${nats.maxPayload()} that the NATS server takes`
        throw new LinkRefused(`${bytes.length} bytes are more than ${limit}`)
      }
      // What is sent now would leave once the connection is back, perhaps long after.
      if (isClosed || !nats.isConnected()) throw new LinkUnavailable('NATS is out of reach', true)
      const closed = Promise.withResolvers<never>()
      closing.add(closed.reject)
      try {
        const asked = connection.request(`${SUBJECT}.${address}`, bytes, { timeout: timeoutMs })
        return answerOf(address, await Promise.race([asked, closed.promise]))
      } catch (cause) {
        throw unavailable(address, cause)
      } finally {
        closing.delete(closed.reject)
      }
    },

    async close() {
      isClosed = true
      for (const reject of closing) reject(new LinkUnavailable('the link is closed', false))
      await Promise.all([...own].map((stop) => stop()))
    },
  }
}

/** Waits until the server has heard all; one that is away hears of it when it is back. */
async function flush({ connection, isConnected, report }: Nats): Promise<void> {
  if (isConnected()) await connection.flush().catch(report)
}

function instead(reason: 'busy' | 'too-large') {
  const marked = headers()
  marked.set(INSTEAD, reason)
  return marked
}

function answerOf(address: string, message: Msg): string {
  const reason = message.headers?.get(INSTEAD)
  if (reason === 'busy') throw new LinkBusy(address)
  if (reason === 'too-large') throw new LinkUnavailable(`${address}'s answer is too large`, false)
  return message.string()
}

function unavailable(address: string, cause: unknown): LinkUnavailable {
  if (cause instanceof LinkUnavailable) return cause
  const isUnserved = cause instanceof NatsError && cause.code === NO_RESPONDERS
  const reason = isUnserved ? `nobody serves ${address}` : `${address} has not answered`
  return new LinkUnavailable(reason, isUnserved, cause)
}
