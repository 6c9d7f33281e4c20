// Publish to subscriber, in process and over NATS, beside the bare client doing the same.
import { AckPolicy, DeliverPolicy, type NatsConnection } from 'nats'

import type { EventBus } from '#events/event-bus.ts'
import type { Fact } from '#events/fact.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { createNatsBus } from '#infra/nats/nats-bus.ts'
import { connectTo, startNatsServer } from '#test/conformance/nats-server.ts'
import { createFacts } from '#test/conformance/event-bus.case.ts'

import { median, printMachine, printRate } from '#bench/report.ts'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3)
const FACTS = 30_000
const ROUND_TRIPS = 3_000
/** As many as veza itself lets be on their way. */
const WINDOW = 512

/** A way from a publisher to a subscriber. `publish` resolves when it may be given more. */
interface Way {
  publish(facts: readonly Fact[]): Promise<void>
  subscribe(handle: (fact: Fact) => void): Promise<void>
  close(): Promise<void>
}

const server = await startNatsServer().catch((cause: Error & { code?: string }) => {
  if (cause.code !== 'ENOENT') throw cause
  console.log('nats-server is not installed')
  process.exit(0)
})
let streams = 0

const ways: Record<string, () => Promise<Way>> = {
  'in process': async () => wayOf(createInProcessBus(fail)),
  'floor: bare NATS core': core,
  'floor: bare js.publish and a push consumer': jetStream,
  'NATS JetStream': async () => {
    const [here, there] = [await connectTo(server), await connectTo(server)]
    const name = `bench-${++streams}`
    const publishing = await createNatsBus(here, { stream: name, prefix: name })
    const subscribing = await createNatsBus(there, { stream: name, prefix: name })
    await publishing.resume()
    return {
      publish: (facts) => publishing.publish(facts),
      subscribe: wayOf(subscribing).subscribe,
      async close() {
        await Promise.all([publishing.close(), subscribing.close()])
        await Promise.all([here.close(), there.close()])
      },
    }
  },
}

function fail(cause: unknown): never {
  throw cause
}

function wayOf(bus: EventBus): Way {
  return {
    publish: (facts) => bus.publish(facts),
    subscribe: async (handle) => void (await bus.subscribe({}, handle)),
    close: () => bus.close(),
  }
}

async function connections(): Promise<[NatsConnection, NatsConnection, () => Promise<void>]> {
  const [here, there] = [await connectTo(server), await connectTo(server)]
  const close = async () => void (await Promise.all([here.close(), there.close()]))
  return [here.connection, there.connection, close]
}

async function core(): Promise<Way> {
  const [here, there, close] = await connections()
  return {
    async publish(facts) {
      for (const fact of facts) here.publish('core.facts', JSON.stringify(fact))
      await here.flush()
    },
    async subscribe(handle) {
      there.subscribe('core.facts', { callback: (_, message) => handle(message.json<Fact>()) })
      await there.flush()
    },
    close,
  }
}

async function jetStream(): Promise<Way> {
  const [here, there, close] = await connections()
  const name = `bare-${++streams}`
  const manager = await here.jetstreamManager()
  await manager.streams.add({ name, subjects: [`${name}.>`] })
  const publisher = here.jetstream()
  return {
    async publish(facts) {
      for (let at = 0; at < facts.length; at += WINDOW) {
        await Promise.all(
          facts
            .slice(at, at + WINDOW)
            .map((fact) =>
              publisher.publish(`${name}.facts`, JSON.stringify(fact), { msgID: fact.id }),
            ),
        )
      }
    },
    async subscribe(handle) {
      // What a consumer costs the client least with: the server pushes, nothing is acknowledged.
      const inbox = `push.${name}`
      there.subscribe(inbox, {
        callback: (_, message) => {
          if (message.data.length > 0) handle(message.json<Fact>())
        },
      })
      await manager.consumers.add(name, {
        deliver_subject: inbox,
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.None,
      })
      await there.flush()
    },
    close,
  }
}

/** Facts a second from the first publication until the last has been handled. */
async function throughput(make: () => Promise<Way>): Promise<number> {
  const way = await make()
  const fact = createFacts()
  const facts = Array.from({ length: FACTS }, () => fact())
  const all = Promise.withResolvers<void>()
  let handled = 0
  await way.subscribe(() => {
    if (++handled === FACTS) all.resolve()
  })
  const startedAt = performance.now()
  for (let at = 0; at < FACTS; at += 1_000) await way.publish(facts.slice(at, at + 1_000))
  await all.promise
  const rate = (FACTS * 1_000) / (performance.now() - startedAt)
  await way.close()
  return rate
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Microseconds from `publish` to the handler, one fact at a time. */
async function latency(make: () => Promise<Way>): Promise<Latency> {
  const way = await make()
  const fact = createFacts()
  let handled = Promise.withResolvers<void>()
  await way.subscribe(() => handled.resolve())
  const taken: number[] = []
  for (let n = 0; n < ROUND_TRIPS + 200; n++) {
    handled = Promise.withResolvers<void>()
    const one = [fact()]
    const startedAt = performance.now()
    const published = way.publish(one)
    await handled.promise
    taken.push((performance.now() - startedAt) * 1_000)
    await published
  }
  await way.close()
  // The first ones are slower: code that is not compiled yet.
  const sorted = taken.slice(200).toSorted((a, b) => a - b)
  return { p50: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! }
}

function printLatency(name: string, { p50, p99 }: Latency, floor?: Latency): void {
  const times = (value: number, of: number) => (value / of).toFixed(2)
  const ratio = floor ? `   ${times(p50, floor.p50)} / ${times(p99, floor.p99)} of the floor` : ''
  const figures = `${p50.toFixed(0)} / ${p99.toFixed(0)}`.padStart(14)
  console.log(`${name.padEnd(52)}${figures} µs p50 / p99${ratio}`)
}

const names = Object.keys(ways)
const rates: Record<string, number[]> = {}
const latencies: Record<string, Latency[]> = {}
// Every way in every round: what else the machine does falls on all of them.
for (let run = 0; run < RUNS; run++) {
  for (const name of names) {
    ;(rates[name] ??= []).push(await throughput(ways[name]!))
    ;(latencies[name] ??= []).push(await latency(ways[name]!))
  }
}
const rateOf = (name: string) => median(rates[name]!)
const latencyOf = (name: string): Latency => ({
  p50: median(latencies[name]!.map(({ p50 }) => p50)),
  p99: median(latencies[name]!.map(({ p99 }) => p99)),
})
const [inProcess, bareCore, bareJetStream, ours] = names as [string, string, string, string]

printMachine('nats')
printRate(inProcess, rateOf(inProcess), 'facts/s')
printRate(bareCore, rateOf(bareCore), 'facts/s')
printRate(bareJetStream, rateOf(bareJetStream), 'facts/s')
printRate(ours, rateOf(ours), 'facts/s', rateOf(bareJetStream), 'of bare JetStream')
printRate(ours, rateOf(ours), 'facts/s', rateOf(bareCore), 'of bare core')
printLatency(inProcess, latencyOf(inProcess))
printLatency(bareCore, latencyOf(bareCore))
printLatency(bareJetStream, latencyOf(bareJetStream))
printLatency(ours, latencyOf(ours), latencyOf(bareJetStream))
await server.dispose()
