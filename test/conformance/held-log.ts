import type { EventLog, ReadAllOptions } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { GivenFacts } from '#projections/kernel/given-facts.ts'

/** A log of facts that are all alike; `hold` keeps readers of the whole log at a position. */
export function createHeldLog() {
  const log = createMemoryEventLog()
  const readers: ReadAllOptions[] = []
  let gate: Promise<void> = Promise.resolve()
  let heldAt = 0
  let count = 0
  const held: EventLog = {
    ...log,
    async *readAll(options = {}) {
      if (options.direction !== 'backwards') readers.push(options)
      for await (const fact of log.readAll(options)) {
        if (options.direction !== 'backwards' && fact.position > heldAt) await gate
        yield fact
      }
    },
  }
  return {
    log: held,
    readers,
    async grow(by: number): Promise<number> {
      for (let n = 0; n < by; n++) {
        const [fact] = new GivenFacts().addUnknown('comet-1', 'comet.seen', {}).facts
        const id = `a0000000-0000-7000-8000-${String(count++).padStart(12, '0')}`
        await log.append('comet-1', [{ ...fact!, id }], 'any')
      }
      return log.head()
    },
    hold(at = 0): () => void {
      heldAt = at
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}
