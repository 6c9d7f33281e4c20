// The log, the host, the publisher, the announcer and the deadlines as `core.ts` and `server.ts`
// wire them, without gateways, and with the points at which they die.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { Registry } from 'prom-client'

import { connectionActor } from '#actors/connection/connection.actor.ts'
import { runConsumer } from '#actors/kernel/consumer.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import { publishFacts } from '#actors/kernel/publisher.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import type { EventLog } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createLmdbHostStore } from '#infra/lmdb/lmdb-host-store.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { connectNats } from '#infra/nats/connect-nats.ts'
import { createNatsBus } from '#infra/nats/nats-bus.ts'
import { publishLog } from '#infra/nats/publish-log.ts'

import { Death } from '#test/e2e/crash-points/death.ts'
import { createFastClock } from '#test/e2e/crash-points/fast-clock.ts'
import {
  mortalBus,
  mortalConsumer,
  mortalLog,
  mortalStore,
} from '#test/e2e/crash-points/mortal-ports.ts'
import type { NumberedRequest, ProgramOptions, Said } from '#test/e2e/crash-points/protocol.ts'
import { definitions, SECTION } from '#test/e2e/crash-points/site.ts'

const options = JSON.parse(process.argv[2]!) as ProgramOptions
const death = new Death(options.death)
const clock = createFastClock(options.origin)
const ids = createUuidV7(clock)

/** At once: what has been said is said, whenever the process dies. */
function say(said: Said): void {
  const line = Buffer.from(`${JSON.stringify(said)}\n`)
  for (let written = 0; written < line.length;) written += writeSync(1, line, written)
}

const report = (what: string, cause: unknown) =>
  say({ say: 'fault', fault: `${what}: ${cause instanceof Error ? cause.stack : String(cause)}` })

/** Puts the facts on a bus; answers how to stop that. */
async function publish(log: EventLog, natsUrl: string | undefined): Promise<() => Promise<void>> {
  const failed = (cause: unknown) => report('publisher', cause)
  if (natsUrl === undefined) {
    const bus = createInProcessBus((cause) => report('bus', cause))
    const after = await log.head()
    say({ say: 'listens', after })
    await bus.subscribe({}, (fact) => say({ say: 'heard', fact }))
    const publisher = publishFacts(log, mortalBus(bus, death), after, failed)
    return () => publisher.stop()
  }
  const nats = await connectNats({
    url: natsUrl,
    name: 'crash-points',
    clock: systemClock,
    report: (cause) => report('nats', cause),
  })
  const bus = await createNatsBus(nats, { maxBytes: 256 * 1024 ** 2 })
  const publisher = await publishLog(nats, log, mortalBus(bus, death), failed)
  return async () => {
    await publisher.stop()
    await bus.close()
    await nats.close()
  }
}

const lmdb = createLmdbEventLog({
  path: join(options.folder, 'log'),
  clock,
  durability: options.durability,
  report: (cause) => report('log', cause),
})
const files = createLmdbHostStore(join(options.folder, 'host'))
const log = mortalLog(lmdb, death)
const store = mortalStore(files, death)
const host = createHost({ definitions, log, store, clock, registry: new Registry(), report })
for (const [kind, id] of [
  ['section', SECTION],
  ['room', SITE_ROOM],
] as const) {
  const context = { by: null, connection: null, commandId: ids.next() }
  await host.send({ kind, id }, { type: `${kind}.create`, name: id } as never, context)
}
const stopPublishing = await publish(log, options.natsUrl)
const announcer = await runConsumer({
  log,
  store,
  clock,
  consumer: mortalConsumer(createSiteAnnouncer(host), death),
  report: (cause) => report('announcer', cause),
})
const deadlines = await startDeadlineKeeper({
  host,
  log,
  store,
  clock,
  ids,
  kinds: [connectionActor.kind],
  report,
})

async function answer(request: NumberedRequest): Promise<void> {
  const { number } = request
  try {
    if (request.ask === 'send') {
      const receipt = await host.send(request.ref, request.command, request.context)
      say({ say: 'receipt', number, receipt })
    } else if (request.ask === 'state') {
      const { value, context, version } = await host.state(request.ref)
      say({ say: 'state', number, state: { value, context, version } })
    } else {
      await stop()
    }
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    say({ say: 'refusal', number, code: cause.code })
  }
}

async function stop(): Promise<void> {
  await deadlines.stop()
  await announcer.stop()
  await stopPublishing()
  await host.stop()
  await files.close()
  await lmdb.close()
  process.stdin.destroy()
}

createInterface({ input: process.stdin }).on('line', (line) => {
  void answer(JSON.parse(line) as NumberedRequest)
})
say({ say: 'ready' })
