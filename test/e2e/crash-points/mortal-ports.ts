import type { Consumer } from '#actors/kernel/consumer.ts'
import type { EventBus } from '#events/event-bus.ts'
import type { EventLog } from '#events/event-log.ts'
import type { HostStore } from '#events/host-store.ts'

import type { Death } from '#test/e2e/crash-points/death.ts'

// The real ports, with the points at which their user can die.

export function mortalLog(log: EventLog, death: Death): EventLog {
  return {
    ...log,
    async append(stream, facts, expected) {
      death.pass('before-append')
      const result = await death.amid('amid-append', () => log.append(stream, facts, expected))
      death.pass('after-append')
      return result
    },
  }
}

export function mortalBus<B extends EventBus>(bus: B, death: Death): B {
  return {
    ...bus,
    async publish(facts) {
      death.pass('before-publish')
      await bus.publish(facts)
      death.pass('after-publish')
    },
  }
}

export function mortalStore(store: HostStore, death: Death): HostStore {
  return {
    ...store,
    async saveSnapshot(stream, snapshot) {
      await death.amid('amid-snapshot', () => store.saveSnapshot(stream, snapshot))
      death.pass('after-snapshot')
    },
    async saveCheckpoint(consumer, position) {
      await store.saveCheckpoint(consumer, position)
      death.pass('after-checkpoint')
    },
    async saveDeadlines(changes, through) {
      await store.saveDeadlines(changes, through)
      death.pass('after-deadlines')
    },
  }
}

export function mortalConsumer(consumer: Consumer, death: Death): Consumer {
  return {
    ...consumer,
    async handle(fact) {
      await consumer.handle(fact)
      death.pass('after-effect')
    },
  }
}
