import type { EventLog } from '#events/event-log.ts'
import { type Fact, streamOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { createFollower, type Followed, type Follower } from '#gateways/kernel/follow.ts'

import { encodeFact, encodeFrame, encodeRoomFact, type FrameId } from '#gateways/ws/codec.ts'
import type { LiveFeed } from '#gateways/ws/live-feed.ts'
import { WS_REFUSALS } from '#gateways/ws/replies.ts'
import type { SeenFacts } from '#gateways/ws/seen-facts.ts'

interface Subscription {
  readonly followed: Followed
  readonly follower: Follower
  /** It waits to be told whether the fact that it has taken may be shown. */
  isAsking: boolean
}

export interface SubscriptionsOptions {
  readonly log: EventLog
  readonly feed: LiveFeed
  readonly limit: number
  /** Whether the client may see a fact, at once or a moment later. */
  readonly sees: SeenFacts['sees']
  /** Queues a frame for the socket; answers whether it has room for more. */
  readonly push: (frame: string) => boolean
  readonly failed: (cause: unknown) => void
}

/** What one socket follows: subscriptions by the id of their frame, and the joined rooms. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #byId = new Map<FrameId, Subscription>()
  readonly #byRoom = new Map<string, Subscription>()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /**
   * Registers at once; nothing is delivered before `start`, which is told the position to
   * follow from and the log's head. Throws a `Refusal`.
   */
  add(id: FrameId, followed: Followed): { start(after: number, head: number): void } {
    if (this.#byId.has(id)) {
      throw new Refusal(WS_REFUSALS.subscriptionExists, 'There is a subscription of that id.')
    }
    this.#assertRoom()
    const { push } = this.#options
    let headAtStart = 0
    const follower = this.#follow(followed, {
      take: (fact, isReplay) => this.#take(id, fact, isReplay),
      // Up to the head there was nothing more for it: going on from there is as good.
      live: (position) =>
        push(
          encodeFrame({
            type: 'live',
            subscription: id,
            position: Math.max(position, headAtStart),
          }),
        ),
    })
    this.#byId.set(id, { followed, follower, isAsking: false })
    return {
      start(after, head) {
        headAtStart = head
        follower.start(after)
      },
    }
  }

  /** Follows a joined room in the frames of the chat. Throws a `Refusal`. */
  addRoom(room: string): Follower {
    this.#assertRoom()
    const followed = { stream: streamOf({ kind: 'room', id: room }) }
    const follower = this.#follow(followed, {
      take: (fact) => this.#options.push(encodeRoomFact(room, fact)),
      live: () => {},
    })
    this.#byRoom.set(room, { followed, follower, isAsking: false })
    return follower
  }

  /** Whether there was one. */
  remove(id: FrameId): boolean {
    return this.#end(this.#byId, id)
  }

  /** Ends the following of a room, and with `isVisible` false every subscription to it too. */
  removeRoom(room: string, isVisible: boolean): void {
    this.#end(this.#byRoom, room)
    if (isVisible) return
    const stream = streamOf({ kind: 'room', id: room })
    for (const [id, { followed }] of this.#byId) {
      if ('stream' in followed && followed.stream === stream) this.remove(id)
    }
  }

  hasRoom(room: string): boolean {
    return this.#byRoom.has(room)
  }

  get rooms(): readonly string[] {
    return [...this.#byRoom.keys()]
  }

  /** The socket has room again. */
  resume(): void {
    for (const { follower, isAsking } of this.#byId.values()) if (!isAsking) follower.resume()
    for (const { follower } of this.#byRoom.values()) follower.resume()
  }

  stop(): void {
    for (const id of this.#byId.keys()) this.#end(this.#byId, id)
    for (const { followed, follower } of this.#byRoom.values()) {
      follower.stop()
      this.#options.feed.remove(followed, follower)
    }
  }

  /** Answers whether more may come at once: not while it is asked whether this one may be seen. */
  #take(id: FrameId, fact: Fact, isReplay: boolean): boolean {
    const { push, sees, failed } = this.#options
    const seen = sees(fact)
    if (typeof seen === 'boolean') return !seen || push(encodeFact(id, fact, isReplay))
    const subscription = this.#byId.get(id)
    if (!subscription) return false
    subscription.isAsking = true
    const isOver = () => this.#byId.get(id) !== subscription
    seen.then(
      (isSeen) => {
        if (isOver()) return
        subscription.isAsking = false
        if (!isSeen || push(encodeFact(id, fact, isReplay))) subscription.follower.resume()
      },
      (cause: unknown) => {
        if (!isOver()) failed(cause)
      },
    )
    return false
  }

  #assertRoom(): void {
    if (this.#byId.size + this.#byRoom.size < this.#options.limit) return
    throw new Refusal(WS_REFUSALS.tooManySubscriptions, 'There are too many subscriptions.')
  }

  #follow(
    followed: Followed,
    sink: { take(fact: Fact, isReplay: boolean): boolean; live(position: number): void },
  ): Follower {
    const { log, feed, failed } = this.#options
    const follower = createFollower({ log, followed, sink: { ...sink, failed } })
    feed.add(followed, follower)
    return follower
  }

  #end<K>(among: Map<K, Subscription>, key: K): boolean {
    const subscription = among.get(key)
    if (!subscription) return false
    subscription.follower.stop()
    this.#options.feed.remove(subscription.followed, subscription.follower)
    return among.delete(key)
  }
}
