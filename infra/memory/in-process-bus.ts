import type { BusFilter, EventBus } from '#events/event-bus.ts'
import { type Fact, kindOf } from '#events/fact.ts'

interface Subscriber {
  readonly filter: BusFilter
  readonly handle: (fact: Fact) => void
}

/**
 * The bus within one process: handlers are called in the turn of `publish`, in the order of
 * the facts. Subscribers are indexed by what they filter on, so that a fact costs as much as
 * it has listeners.
 */
export function createInProcessBus(report: (cause: unknown) => void): EventBus {
  const byStream = new Map<string, Set<Subscriber>>()
  const byKind = new Map<string, Set<Subscriber>>()
  const all = new Set<Subscriber>()

  function homes({ stream, kinds }: BusFilter): Set<Subscriber>[] {
    if (stream !== undefined) return [setOf(byStream, stream)]
    if (kinds !== undefined) return kinds.map((kind) => setOf(byKind, kind))
    return [all]
  }

  function deliver(subscribers: Set<Subscriber> | undefined, fact: Fact): void {
    if (!subscribers) return
    for (const subscriber of subscribers) {
      try {
        subscriber.handle(fact)
      } catch (cause) {
        report(cause)
      }
    }
  }

  return {
    async publish(facts) {
      for (const fact of facts) {
        deliver(byStream.get(fact.stream), fact)
        deliver(byKind.get(kindOf(fact.stream)), fact)
        deliver(all, fact)
      }
    },
    async subscribe(filter, handle) {
      const subscriber = { filter, handle }
      for (const home of homes(filter)) home.add(subscriber)
      return {
        async stop() {
          for (const home of homes(filter)) home.delete(subscriber)
          if (filter.stream !== undefined && byStream.get(filter.stream)?.size === 0) {
            byStream.delete(filter.stream)
          }
        },
      }
    },
    async close() {
      byStream.clear()
      byKind.clear()
      all.clear()
    },
  }
}

function setOf(index: Map<string, Set<Subscriber>>, key: string): Set<Subscriber> {
  let set = index.get(key)
  if (!set) index.set(key, (set = new Set()))
  return set
}
