import type { ClientReadableStream } from '@grpc/grpc-js'

import type { Clock } from '#events/clock.ts'
import {
  LogUnavailable,
  type LogSubscription,
  type SubscribeOptions,
  type SubscriptionHandlers,
} from '#events/event-log.ts'
import { presented } from '#infra/log/lift.ts'

import type { Backoff } from '#infra/eventstoredb/backoff.ts'
import type { Connection } from '#infra/eventstoredb/connection.ts'
import { factOf, positionOf } from '#infra/eventstoredb/event-codec.ts'
import { LogAccessDenied, translated } from '#infra/eventstoredb/failures.ts'
import { Inbox } from '#infra/eventstoredb/inbox.ts'
import type { ReadResp } from '#infra/eventstoredb/protocol.ts'
import { filterFor, sizeOf, wantedBy } from '#infra/eventstoredb/read-pages.ts'
import { readAllRequest, type StreamFilter } from '#infra/eventstoredb/requests.ts'

const DEFAULT_BATCH = 1_000
const GATHER_MS = 100

export interface SubscriptionDeps {
  readonly connection: Connection
  readonly backoff: Backoff
  readonly clock: Clock
  /** The position of the last fact. */
  readonly head: () => Promise<number>
  /** Told of each loss of the server. */
  readonly report: (cause: unknown) => void
  /** Told when the subscription has ended. */
  readonly ended: (subscription: LogSubscription) => void
}

/**
 * A subscription to `$all`, through a filter for kinds or one stream: the positions of `$all` are
 * those of the port, and a filter's checkpoints say how far it has looked. What the server sends
 * waits in an inbox of one batch; when it is full the stream is not read on, and HTTP/2 holds the
 * server back. After a loss it goes on from the last position that was delivered.
 */
export function subscribeToLog(
  deps: SubscriptionDeps,
  options: SubscribeOptions,
  handlers: SubscriptionHandlers,
): LogSubscription {
  const running = new RunningSubscription(deps, options, handlers)
  const finished = running.run().catch((cause: unknown) => {
    if (handlers.failed) handlers.failed(cause)
    else deps.report(cause)
  })
  const subscription: LogSubscription = {
    async stop() {
      running.stop()
      await finished
    },
  }
  void finished.then(() => deps.ended(subscription))
  return subscription
}

class RunningSubscription {
  readonly #deps: SubscriptionDeps
  readonly #options: SubscribeOptions
  readonly #handlers: SubscriptionHandlers
  readonly #filter: StreamFilter | undefined
  readonly #isWanted: (stream: string) => boolean
  readonly #stopping = new AbortController()
  #position: number
  /** The log's head when the subscription began, once it is known. */
  #liveAt: number | undefined
  #hasGoneLive = false

  constructor(deps: SubscriptionDeps, options: SubscribeOptions, handlers: SubscriptionHandlers) {
    const { after, kinds, stream, as } = options
    this.#deps = deps
    this.#options = options
    this.#handlers = handlers
    this.#position = after
    this.#filter = stream === undefined ? filterFor(kinds, as) : { prefixes: [stream] }
    this.#isWanted =
      stream === undefined
        ? wantedBy({ ...(kinds && { kinds }), ...(as && { as }) })
        : (name) => name === stream
  }

  stop(): void {
    this.#stopping.abort()
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping
    for (let attempt = 0; !signal.aborted; attempt++) {
      const inbox = new Inbox(this.#position, this.#options.batchSize ?? DEFAULT_BATCH)
      const from = this.#position
      await this.#follow(inbox)
      if (signal.aborted) return
      if (inbox.isUnreadable) throw inbox.fault
      const fault = inbox.fault === undefined ? undefined : translated(inbox.fault)
      if (fault && !isPassing(fault)) throw fault
      if (this.#position > from) attempt = 0
      if (attempt === 0) {
        this.#deps.report(fault ?? new LogUnavailable('EventStoreDB ended a subscription'))
      }
      await this.#deps.backoff.pause(attempt, signal)
    }
  }

  /** One stream, until it ends. Throws what the handlers throw. */
  async #follow(inbox: Inbox): Promise<void> {
    const ending = new AbortController()
    const over = AbortSignal.any([this.#stopping.signal, ending.signal])
    over.addEventListener('abort', () => inbox.end())
    void this.#readInto(inbox, over)
    try {
      await this.#deliverFrom(inbox)
    } finally {
      ending.abort()
    }
  }

  async #deliverFrom(inbox: Inbox): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      if (!this.#hasGoneLive) await this.#gather(inbox)
      const { facts, through } = inbox.take()
      if (facts.length > 0) await this.#handlers.deliver(facts, through)
      this.#position = through
      if (signal.aborted) return
      this.#goLive(inbox)
      // All that has happened since `take` is asked for before waiting: nothing is slept through.
      if (inbox.through > through) continue
      if (inbox.isEnded) return
      await inbox.changed()
    }
  }

  /** While it catches up, a batch waits a moment to be filled: that makes few large ones. */
  async #gather(inbox: Inbox): Promise<void> {
    let isOver = inbox.isEmpty
    const cancel = this.#deps.clock.after(GATHER_MS, () => {
      isOver = true
      inbox.wake()
    })
    while (!isOver && !inbox.isFull && !inbox.isEnded && inbox.caughtUpAt === undefined) {
      await inbox.changed()
    }
    cancel()
  }

  #goLive(inbox: Inbox): void {
    if (this.#hasGoneLive) return
    const at = inbox.caughtUpAt ?? this.#liveAt
    if (at === undefined || this.#position < Math.min(at, this.#liveAt ?? at)) return
    this.#hasGoneLive = true
    this.#handlers.live?.()
  }

  /** Never rejects: what goes wrong is the inbox's fault. */
  async #readInto(inbox: Inbox, over: AbortSignal): Promise<void> {
    let stream: ClientReadableStream<ReadResp> | undefined
    over.addEventListener('abort', () => stream?.cancel())
    try {
      if (!this.#hasGoneLive) this.#liveAt ??= await this.#deps.head()
      const from = inbox.through
      const { connection } = this.#deps
      const filter = this.#filter
      const request = readAllRequest({ from, direction: 'forwards', count: 'live', filter })
      stream = await connection.openRead(request, 'subscription')
      if (over.aborted) return
      for await (const response of stream) {
        this.#receive(response, inbox)
        while (inbox.isFull && !over.aborted) await inbox.changed()
        if (inbox.isEnded) return
      }
      inbox.end()
    } catch (cause) {
      inbox.end(cause)
    } finally {
      stream?.cancel()
    }
  }

  #receive(response: ReadResp, inbox: Inbox): void {
    try {
      this.#take(response, inbox)
    } catch (cause) {
      inbox.unreadable(cause)
    }
  }

  #take(response: ReadResp, inbox: Inbox): void {
    if (response.hasCheckpoint()) {
      inbox.lookedAt(positionOf(response.getCheckpoint()!.getCommitPosition()))
    } else if (response.hasCaughtUp()) {
      inbox.caughtUp()
    } else if (response.hasConfirmation()) {
      inbox.wake()
    } else if (response.hasEvent()) {
      const event = response.getEvent()!.getEvent()!
      const fact = factOf(event)
      if (fact.position <= inbox.after) return
      if (!this.#isWanted(fact.stream)) inbox.lookedAt(fact.position)
      else inbox.put(presented(fact, this.#options.as), sizeOf(event))
    }
  }
}

/** Whether waiting can help: not when access is denied, nor when a fact cannot be read. */
function isPassing(fault: Error): boolean {
  return fault instanceof LogUnavailable && !(fault instanceof LogAccessDenied)
}
