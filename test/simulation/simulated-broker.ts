import type { EventBus } from '#events/event-bus.ts'
import type { Fact } from '#events/fact.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'

import type { Hearing } from '#test/simulation/history.ts'
import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { SimulatedNetwork } from '#test/simulation/simulated-network.ts'

const TIMEOUT_MS = 500
const BATCH = 20
const RETRY_MS = 50

/**
 * A broker as JetStream is one: it keeps what it has taken, drops what it has already, and gives
 * each listener all of it, from the last that the listener has confirmed.
 */
export class SimulatedBroker {
  readonly #life: ProcessLife
  readonly #network: SimulatedNetwork
  readonly #taken: Fact[] = []
  readonly #ids = new Set<string>()
  #waiting: (() => void)[] = []

  constructor(life: ProcessLife, network: SimulatedNetwork) {
    this.#life = life
    this.#network = network
  }

  /** The bus as a process publishes to it. */
  busOf(life: ProcessLife): Pick<EventBus, 'publish'> {
    return {
      publish: (facts) =>
        this.#network.call({
          what: `publish through ${facts.at(-1)?.position}`,
          from: life,
          to: () => this.#life,
          work: async () => this.#take(facts),
          timeoutMs: TIMEOUT_MS,
          isRepeatable: true,
        }),
    }
  }

  #take(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (this.#ids.has(fact.id)) continue
      this.#ids.add(fact.id)
      this.#taken.push(fact)
    }
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Listens in a process of its own, with the bus that a process has inside. */
  async listen(life: ProcessLife, faults: (cause: unknown) => void): Promise<Hearing[]> {
    const inside = createInProcessBus(faults)
    const hearings = await hearAll(inside, life.name, true)
    void this.#deliver(life, inside)
    return hearings
  }

  async #deliver(life: ProcessLife, inside: EventBus): Promise<void> {
    let confirmed = 0
    for (;;) {
      const first = confirmed
      const batch = this.#taken.slice(first, first + BATCH)
      if (batch.length === 0) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
        continue
      }
      try {
        await this.#network.call({
          what: `deliver ${first}`,
          from: this.#life,
          to: () => life,
          // What comes late, of a connection that is no more, is not listened to.
          work: async () => {
            if (confirmed === first) await inside.publish(batch)
          },
          timeoutMs: TIMEOUT_MS,
          isRepeatable: true,
        })
        confirmed += batch.length
      } catch {
        // The listener may have got it: it will get it again.
        await this.#life.pause(RETRY_MS)
      }
    }
  }
}

/** Listens for all facts, for those of one kind, and for those of one stream. */
export async function hearAll(
  bus: EventBus,
  name: string,
  mayRepeat: boolean,
  after = 0,
): Promise<(Hearing & { through?: number })[]> {
  const filters = [{}, { kinds: ['race', 'section'] }, { stream: 'room-site' }]
  return await Promise.all(
    filters.map(async (filter) => {
      const facts: Fact[] = []
      await bus.subscribe(filter, (fact) => void facts.push(fact))
      return { name: `${name} ${JSON.stringify(filter)}`, ...filter, after, mayRepeat, facts }
    }),
  )
}
