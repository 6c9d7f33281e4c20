import { Registry } from 'prom-client'
import { expect, it } from 'vitest'

import { createClusterHost } from '#actors/kernel/cluster/cluster-host.ts'
import { shardDuties } from '#actors/kernel/cluster/duties.ts'
import { joinLeases } from '#actors/kernel/cluster/leases.ts'
import { createHost, type RunningHost } from '#actors/kernel/create-host.ts'
import type { Command, CommandContext } from '#actors/kernel/host.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import { LOG_LIMITS } from '#events/event-log.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryCommandLink, createSwitchboard } from '#infra/memory/memory-command-link.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createMemoryKeyValue } from '#infra/memory/memory-key-value.ts'

const ids = createUuidV7(systemClock)
const section = { kind: 'section', id: 'incoming' }

/** Processes on one log, over a link that carries no more than it must. */
function createCluster() {
  const log = createMemoryEventLog()
  const bucket = createMemoryKeyValue()
  const switchboard = createSwitchboard(systemClock, {
    concurrent: 100,
    bytes: LOG_LIMITS.factBytes,
  })
  const ends: (() => Promise<void>)[] = []
  const report = () => {}
  return {
    async join(address: string, runsActors: boolean): Promise<RunningHost> {
      const local = createHost({
        definitions: [sectionActor],
        log,
        store: createMemoryHostStore(),
        clock: systemClock,
        registry: new Registry(),
        report,
      })
      const duties = runsActors ? shardDuties(() => local) : new Map()
      const leases = await joinLeases({ bucket, clock: systemClock, address, duties, report })
      const link = createMemoryCommandLink(switchboard)
      const host = await createClusterHost({ local, leases, link, clock: systemClock, report })
      ends.push(async () => {
        await leases.stop()
        await host.stop()
      })
      return host
    },
    async end() {
      for (const end of ends) await end()
    },
  }
}

function send(host: RunningHost, command: object, more: Partial<CommandContext> = {}) {
  const context: CommandContext = {
    by: 'ann',
    flags: '1',
    connection: null,
    commandId: ids.next(),
    ...more,
  }
  return host.send(section, command as Command, context)
}

it('a state too large for the link is the same in every process', async () => {
  const cluster = createCluster()
  const runs = await cluster.join('runs', true)
  const asks = await cluster.join('asks', false)
  await send(runs, { type: 'section.create', name: 'incoming' })
  const made = Array.from({ length: 6_000 }, (_, n) =>
    send(runs, {
      type: 'section.create-release',
      release: `A.Rather.Long.Name.Of.A.Release-${n}-GRP`,
      race: ids.next(),
    }),
  )
  await Promise.all(made)
  const large = await asks.state(section)
  expect(JSON.stringify(large).length).toBeGreaterThan(LOG_LIMITS.factBytes)
  expect(large).toEqual(await runs.state(section))
  await send(asks, { type: 'section.create-release', release: 'One.More-GRP', race: ids.next() })
  expect(await asks.state(section)).toEqual(await runs.state(section))
  expect((await asks.state(section)).version).toBe(large.version + 1)
  await cluster.end()
})

it('what the policy grants counts in the process that runs the actor', async () => {
  const cluster = createCluster()
  await cluster.join('runs', true)
  const asks = await cluster.join('asks', false)
  await send(asks, { type: 'section.create', name: 'incoming' })
  const [race, release] = [ids.next(), 'A-GRP']
  await send(asks, { type: 'section.create-release', release, race })
  const rename = { type: 'section.rename-release', from: release, to: 'B-GRP' }
  for (const isGranted of [undefined, false]) {
    const more = { by: 'bob', flags: '1', ...(isGranted !== undefined && { isGranted }) }
    await expect(send(asks, rename, more)).rejects.toMatchObject({ code: 'not-yours' })
  }
  const { facts } = await send(asks, rename, { by: 'bob', flags: '', isGranted: true })
  expect(facts).toMatchObject([{ type: 'section.release-renamed', meta: { by: 'bob' } }])
  await cluster.end()
})
