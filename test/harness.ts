import { pino } from 'pino'
import { Registry } from 'prom-client'

import { accountActor } from '#actors/account/account.actor.ts'
import { connectionActor } from '#actors/connection/connection.actor.ts'
import { runConsumer } from '#actors/kernel/consumer.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import { publishFacts } from '#actors/kernel/publisher.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'
import { createAccounts, type NewAccount } from '#gateways/kernel/accounts.ts'
import { createLogin } from '#gateways/kernel/login.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'

export const definitions = [accountActor, connectionActor, raceActor, roomActor, sectionActor]

export interface TestSystemOptions {
  readonly log?: EventLog
  readonly store?: HostStore
  readonly clock?: Clock
}

/**
 * Everything below the gateways and read models, real and in memory: the host with all its
 * actors, the bus fed from the log, the announcer, the login. A section `incoming`, the room
 * `site`. Faults that nobody is told of are collected in `faults`; `stop` throws if there are.
 */
export async function createTestSystem(options: TestSystemOptions = {}) {
  const { log = createMemoryEventLog(), store = createMemoryHostStore() } = options
  const { clock = systemClock } = options
  const faults: unknown[] = []
  const report = (cause: unknown) => void faults.push(cause)
  const registry = new Registry()
  const ids = createUuidV7(clock)
  const bus = createInProcessBus(report)
  const vault = createMemoryVault()
  const passwords = createArgon2Passwords({ memoryKib: 64, passes: 1 })
  const host = createHost({
    definitions,
    log,
    store,
    clock,
    registry,
    report: (_, cause) => report(cause),
  })
  const publisher = publishFacts(log, bus, LOG_START, report)
  const announcer = await runConsumer({
    log,
    store,
    clock,
    consumer: createSiteAnnouncer(host),
    report,
  })
  const context = () => ({ by: null, connection: null, commandId: ids.next() })
  const create = (kind: string, id: string) =>
    host.send({ kind, id }, { type: `${kind}.create`, name: id } as never, context())
  await create('section', 'incoming')
  await create('room', SITE_ROOM)
  const accounts = createAccounts({ host, vault, passwords, ids })

  return {
    log,
    store,
    bus,
    host,
    history: host,
    vault,
    passwords,
    ids,
    clock,
    registry,
    accounts,
    faults,
    login: createLogin({ host, vault, passwords }),
    logger: pino({ level: 'silent' }),
    node: 'test',
    addMember: (account: Partial<NewAccount> & { name: string }) =>
      accounts.add({ password: 'password', group: 'GRP', flags: '3', ...account }),
    async stop() {
      await announcer.stop()
      await publisher.stop()
      await host.stop()
      await bus.close()
      await log.close()
      if (faults.length > 0) throw new AggregateError(faults, 'faults in the background')
    },
  }
}

export type TestSystem = Awaited<ReturnType<typeof createTestSystem>>
