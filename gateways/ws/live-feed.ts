import type { BusSubscription, EventBus } from '#events/event-bus.ts'
import { type Fact, kindOf } from '#events/fact.ts'
import type { Followed, Follower } from '#gateways/kernel/follow.ts'

import { FOLLOWED_KINDS } from '#gateways/ws/visibility.ts'

/** One subscription to the bus for all sockets: a fact costs as much as it has followers. */
export interface LiveFeed {
  start(): Promise<void>
  add(followed: Followed, follower: Follower): void
  remove(followed: Followed, follower: Follower): void
  stop(): Promise<void>
}

/** `heard` is called with every fact, before it goes to its followers. */
export function createLiveFeed(bus: EventBus, heard: (fact: Fact) => void): LiveFeed {
  const byStream = new Map<string, Set<Follower>>()
  const byKind = new Map<string, Set<Follower>>()
  let subscription: BusSubscription | undefined

  function homes(followed: Followed): (readonly [Map<string, Set<Follower>>, string])[] {
    if ('stream' in followed) return [[byStream, followed.stream]]
    return followed.kinds.map((kind) => [byKind, kind] as const)
  }

  function deliver(fact: Fact): void {
    heard(fact)
    for (const follower of byStream.get(fact.stream) ?? []) follower.offer(fact)
    for (const follower of byKind.get(kindOf(fact.stream)) ?? []) follower.offer(fact)
  }

  return {
    async start() {
      subscription = await bus.subscribe({ kinds: FOLLOWED_KINDS }, deliver)
    },
    add(followed, follower) {
      for (const [index, key] of homes(followed)) {
        const set = index.get(key)
        if (set) set.add(follower)
        else index.set(key, new Set([follower]))
      }
    },
    remove(followed, follower) {
      for (const [index, key] of homes(followed)) {
        const set = index.get(key)
        set?.delete(follower)
        if (set?.size === 0) index.delete(key)
      }
    },
    async stop() {
      await subscription?.stop()
    },
  }
}
