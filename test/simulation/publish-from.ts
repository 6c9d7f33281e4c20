import { publishFacts } from '#actors/kernel/publisher.ts'
import type { EventBus } from '#events/event-bus.ts'
import type { EventLog } from '#events/event-log.ts'
import type { HostStore } from '#events/host-store.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import { hearAll } from '#test/simulation/simulated-broker.ts'
import type { World } from '#test/simulation/world.ts'

interface PublishFromOptions {
  readonly world: World
  readonly life: ProcessLife
  readonly log: EventLog
  readonly store: HostStore
  /** The bus is within the process: who listens dies with the publisher. */
  readonly isEmbedded: boolean
  readonly dies: (cause: unknown) => void
}

const PUBLISHER = 'publisher'
const RETRY_MS = 200

/** Publishes as the server does: within the process from the head, to a broker from a checkpoint. */
export async function publishFrom(options: PublishFromOptions): Promise<void> {
  const { world, life, log, store, isEmbedded, dies } = options
  if (isEmbedded) {
    const head = await log.head()
    const bus = createInProcessBus((cause) => world.report(`${life.name} bus`, cause))
    world.hearings.push(...(await hearAll(bus, `${life.name} bus`, false, head)))
    publishFacts(log, bus, head, dies)
    return
  }
  const broker = world.broker.busOf(life)

  async function start(): Promise<void> {
    const checkpoint = await store.loadCheckpoint(PUBLISHER)
    const after = world.mutation === 'publisher-at-head' ? await log.head() : checkpoint
    const bus: EventBus = {
      ...createInProcessBus(failed),
      async publish(facts) {
        await broker.publish(facts)
        await store.saveCheckpoint(PUBLISHER, facts.at(-1)!.position)
      },
    }
    publishFacts(log, bus, after, failed)
  }

  function failed(cause: unknown): void {
    world.report(`${life.name} publisher`, cause)
    life.after(RETRY_MS, () => void start().catch(failed))
  }

  await start()
}
