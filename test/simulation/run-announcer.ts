import { type Consumer, runConsumer } from '#actors/kernel/consumer.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import type { Fact } from '#events/fact.ts'

import type { RunningNode } from '#test/simulation/veza-node.ts'
import { InjectedFailure, type World } from '#test/simulation/world.ts'

/** The real announcer, which trouble makes fail before or after it has announced. */
export async function runAnnouncer(world: World, node: RunningNode): Promise<void> {
  const { life, log, store, host } = node
  const { random, rates, mutation } = world
  const announcer = createSiteAnnouncer(
    mutation === 'fresh-effect-ids'
      ? {
          ...host,
          send: (ref, command, context) =>
            host.send(ref, command, { ...context, commandId: life.ids.next() }),
        }
      : host,
  )
  const fails = () => random.chance(rates.consumer)
  const consumer: Consumer = {
    ...announcer,
    async handle(fact: Fact) {
      if (mutation === 'checkpoint-first') await store.saveCheckpoint(announcer.name, fact.position)
      if (fails()) throw new InjectedFailure('before the effect')
      await announcer.handle(fact)
      if (fails()) throw new InjectedFailure('after the effect')
    },
  }
  await runConsumer({
    log,
    store,
    clock: life.clock,
    consumer,
    report: (cause) => world.report(`${life.name} announcer`, cause),
  })
}
