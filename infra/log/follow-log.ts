import type {
  LogSubscription,
  ReadAllOptions,
  SubscribeOptions,
  SubscriptionHandlers,
} from '#events/event-log.ts'
import { type Fact, kindOf } from '#events/fact.ts'

import { isShown, presented } from '#infra/log/lift.ts'
import type { RecentFacts } from '#infra/log/recent-facts.ts'

const DEFAULT_BATCH = 1_000

/**
 * A subscription that is nothing but a position: as long as it is behind the recent facts it
 * reads pages of the log, then it takes them from memory, then it waits. There is no moment
 * of switching over, and so no gap and no repeat.
 */
export function followLog(
  recent: RecentFacts,
  readAll: (options: ReadAllOptions) => AsyncIterable<Fact>,
  options: SubscribeOptions,
  handlers: SubscriptionHandlers,
): LogSubscription {
  const batchSize = options.batchSize ?? DEFAULT_BATCH
  const isWanted = wanted(options)
  const chosen = (facts: readonly Fact[]) =>
    facts.filter(isWanted).map((fact) => presented(fact, options.as))
  const liveAt = recent.head
  let position = options.after
  let isRunning = true
  let hasGoneLive = false

  async function nextPage(): Promise<{ facts: readonly Fact[]; through: number }> {
    const page = recent.after(position, batchSize)
    if (page) return { facts: chosen(page), through: page.at(-1)?.position ?? position }
    // The head is taken before reading: what is appended meanwhile belongs to the next page.
    const head = recent.head
    const kinds = options.stream ? [kindOf(options.stream)] : options.kinds
    const facts: Fact[] = []
    for await (const fact of readAll({
      after: position,
      limit: batchSize,
      as: 'records',
      ...(kinds && { kinds }),
    })) {
      facts.push(fact)
    }
    const through = facts.length < batchSize ? head : facts.at(-1)!.position
    return {
      facts: chosen(facts),
      through: Math.max(through, facts.at(-1)?.position ?? 0),
    }
  }

  async function run(): Promise<void> {
    while (isRunning) {
      const { facts, through } = await nextPage()
      if (!isRunning) return
      if (through > position) {
        if (facts.length > 0) await handlers.deliver(facts, through)
        position = through
      }
      if (!hasGoneLive && position >= liveAt) {
        hasGoneLive = true
        handlers.live?.()
      }
      if (isRunning && position >= recent.head) await recent.changed()
    }
  }

  const running = run().catch((cause: unknown) => {
    isRunning = false
    if (!handlers.failed) throw cause
    handlers.failed(cause)
  })
  return {
    async stop() {
      isRunning = false
      recent.wake()
      await running
    },
  }
}

function wanted({ kinds, stream, as }: SubscribeOptions): (fact: Fact) => boolean {
  if (stream !== undefined) return (fact) => fact.stream === stream
  if (kinds === undefined) return (fact) => isShown(fact.stream, as)
  const set = new Set(kinds)
  return (fact) => set.has(kindOf(fact.stream)) && isShown(fact.stream, as)
}
