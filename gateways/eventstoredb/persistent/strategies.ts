import { createHash } from 'node:crypto'

import type { Consumer, Message } from '#gateways/eventstoredb/persistent/consumer.ts'
import type { StrategyName } from '#gateways/eventstoredb/persistent/settings.ts'

/** Chooses who gets a message; undefined when it must wait. */
export interface Strategy {
  choose(message: Message, consumers: readonly Consumer[]): Consumer | undefined
  /** Whether another message could be given out though this one must wait. */
  readonly mayPass: boolean
}

export function createStrategy(name: StrategyName): Strategy {
  return MAKERS[name]()
}

const MAKERS: Readonly<Record<StrategyName, () => Strategy>> = {
  DispatchToSingle: () => ({
    choose: (_, consumers) => consumers.find(hasRoom),
    mayPass: false,
  }),
  RoundRobin: () => {
    let turn = 0
    return {
      choose(_, consumers) {
        for (let tried = 0; tried < consumers.length; tried++) {
          const consumer = consumers[turn++ % consumers.length]!
          if (hasRoom(consumer)) return consumer
        }
        return undefined
      },
      mayPass: false,
    }
  },
  Pinned: () => pinned(({ found, record }) => (found.event ?? record).stream),
  PinnedByCorrelation: () =>
    pinned(({ found, record }) => (found.event ?? record).meta.correlationId),
}

export function hasRoom({ isReady, inFlight, slots }: Consumer): boolean {
  return isReady && inFlight < slots
}

/**
 * All messages of one key go to one consumer. When one comes or goes, only the keys that it has
 * won or lost move (rendezvous hashing: Thaler and Ravishankar, 1998).
 */
function pinned(keyOf: (message: Message) => string): Strategy {
  /** Of these consumers, who has which key. */
  let among: readonly Consumer[] = []
  const holders = new Map<string, Consumer>()
  return {
    choose(message, consumers) {
      const isSame = among.length === consumers.length && among.every((c, n) => c === consumers[n])
      if (!isSame || holders.size >= KEYS_KEPT) {
        among = [...consumers]
        holders.clear()
      }
      const key = keyOf(message)
      const holder = holders.get(key) ?? heaviest(key, consumers)
      if (!holder) return undefined
      holders.set(key, holder)
      return hasRoom(holder) ? holder : undefined
    },
    mayPass: true,
  }
}

const KEYS_KEPT = 10_000

function heaviest(key: string, consumers: readonly Consumer[]): Consumer | undefined {
  let best: Consumer | undefined
  let highest = -1
  for (const consumer of consumers) {
    const weight = weigh(key, consumer.id)
    if (weight <= highest) continue
    highest = weight
    best = consumer
  }
  return best
}

function weigh(key: string, consumer: string): number {
  return createHash('md5').update(`${consumer} ${key}`).digest().readUIntBE(0, 6)
}
