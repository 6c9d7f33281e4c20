import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Command, type CommandContext } from '#actors/kernel/host.ts'
import { shardOf } from '#actors/kernel/cluster/shards.ts'
import { type ActorRef, type Fact, LOG_START, streamOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { connectNats } from '#infra/nats/connect-nats.ts'
import { followNats } from '#infra/nats/follow-nats.ts'
import { connectIrc } from '#test/conformance/irc-client.ts'
import { NATS_TOKEN } from '#test/conformance/nats-server.ts'
import { type ClusterParts, startClusterParts } from '#test/e2e/cluster-parts.ts'
import type { VezaProcess } from '#test/e2e/veza-process.ts'

import { ids } from '#wiring/ids.ts'

const ROOMS = 2_000
/** A command is sent again with its id so often before the test takes it for lost. */
const TRIES = 20

type Client = Awaited<ReturnType<ClusterParts['client']>>

const room = (n: number): ActorRef => ({ kind: 'room', id: `room${n}` })
const everyRoom = Array.from({ length: ROOMS }, (_, n) => n)
const announce = (text: string): Command => ({ type: 'room.announce', text, about: 'x' }) as Command

/** Sends until it is accepted, always under one id, as a gateway's client would. */
async function send({ host }: Client, ref: ActorRef, command: Command): Promise<string> {
  const commandId = ids.next()
  const context: CommandContext = { by: null, connection: null, commandId }
  for (let attempt = 1; ; attempt++) {
    try {
      await host.send(ref, command, context)
      return commandId
    } catch (cause) {
      if (!(cause instanceof Refusal) || attempt === TRIES) throw cause
    }
  }
}

/** Every fact of the rooms as a follower in another process gets them from NATS. */
async function startFollower(parts: ClusterParts) {
  const nats = await connectNats({
    url: parts.nats.url,
    token: NATS_TOKEN,
    name: 'follower',
    clock: systemClock,
    report: () => {},
  })
  const received: Fact[] = []
  let checkpoint = LOG_START
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => {})
  let changed = () => {}
  const follower = await followNats(nats, {
    name: 'cluster-test',
    loadCheckpoint: async () => checkpoint,
    saveCheckpoint: async (position) => void (checkpoint = position),
    deliver(facts, through) {
      received.push(...facts)
      checkpoint = through
      changed()
    },
    async readLog({ after, before }) {
      let reached = after
      for await (const fact of parts.log.readAll({ after })) {
        if (before !== undefined && fact.position >= before) break
        received.push(fact)
        reached = fact.position
      }
      return reached
    },
    failed: failure.reject,
  })
  return {
    received,
    async until(position: number) {
      while ((received.at(-1)?.position ?? 0) < position) {
        await Promise.race([new Promise<void>((resolve) => (changed = resolve)), failure.promise])
      }
    },
    async stop() {
      await follower.stop()
      await nats.close()
    },
  }
}

describe('a cluster: two processes on one log, one bus and one database', () => {
  let parts: ClusterParts
  let a: VezaProcess
  let b: VezaProcess
  let client: Client

  beforeAll(async () => {
    parts = await startClusterParts()
    ;[a, b] = [await parts.node('a'), await parts.node('b')]
    // At once: who makes the tables, the administrator and the first actors is left to chance.
    await Promise.all([a.start(), b.start()])
    client = await parts.client()
  })
  afterAll(async () => {
    await client.stop()
    await a.dispose()
    await b.dispose()
    await parts.dispose()
  })

  /** Every accepted command has one effect in the log, and the follower has every fact in order. */
  async function assertOneEffectEach(commands: readonly string[]): Promise<void> {
    const facts = await Array.fromAsync(parts.log.readAll())
    const effects = new Map<string, number>()
    for (const { meta } of facts) {
      effects.set(meta.commandId, (effects.get(meta.commandId) ?? 0) + 1)
    }
    expect(commands.filter((id) => effects.get(id) !== 1)).toEqual([])
    const follower = await startFollower(parts)
    try {
      await follower.until(facts.at(-1)!.position)
    } finally {
      await follower.stop()
    }
    const positions = facts.map(({ position }) => position)
    expect(follower.received.slice(0, facts.length).map((fact) => fact.position)).toEqual(positions)
  }

  it('a member made at one logs in at the other, and each hears what is said at the other', async () => {
    await a.addMember('alice', 'kettle-harbour-7')
    await b.addMember('bob', 'marble-orchard-8')
    const alice = await connectIrc(b.ports.irc)
    const bob = await connectIrc(a.ports.irc)
    alice.send('PASS kettle-harbour-7', 'NICK alice', 'USER alice 0 * :Alice', 'JOIN #site')
    await alice.until(/ 366 /)
    bob.send('PASS marble-orchard-8', 'NICK bob', 'USER bob 0 * :Bob', 'JOIN #site')
    await bob.until(/ 366 /)
    await alice.until(/^:bob!.* JOIN/)
    alice.send('PRIVMSG #site :from the other process')
    await bob.until(/^:alice!.* PRIVMSG #site :from the other process/)
    await alice.end()
    await bob.end()
    expect((await a.get('/readyz')).status).toBe(200)
    expect((await b.get('/readyz')).status).toBe(200)
  })

  it('a process killed while it runs a thousand actors loses nothing and doubles nothing', async () => {
    const created = everyRoom.map((n) =>
      send(client, room(n), { type: 'room.create', name: `room${n}` } as Command),
    )
    const commands = await Promise.all(created)
    // Each shard is run by one of the two: about half of the rooms live in each process.
    expect(new Set(everyRoom.map((n) => shardOf(streamOf(room(n))))).size).toBeGreaterThan(100)
    const before = everyRoom.map((n) => send(client, room(n), announce('before')))
    const first = await Promise.race(before)
    const startedAt = performance.now()
    await a.kill()
    const during = everyRoom.map((n) => send(client, room(n), announce('during')))
    commands.push(first, ...(await Promise.all(before)), ...(await Promise.all(during)))
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    console.log(`${2 * ROOMS} commands around a killed process: all done after ${seconds} s`)
    await assertOneEffectEach([...new Set(commands)])
  }, 180_000)

  it('the killed process comes back and takes its part again', async () => {
    await a.start()
    const after = everyRoom.map((n) => send(client, room(n), announce('after')))
    await assertOneEffectEach(await Promise.all(after))
  }, 180_000)

  it('a second process of the same name does not start', async () => {
    const twin = await parts.node('b')
    await expect(twin.start()).rejects.toThrow('another process of the cluster is called b')
    await twin.dispose()
    expect((await b.get('/readyz')).status).toBe(200)
  })

  it('NATS killed and restarted in the middle of load: every command is done once', async () => {
    const load = everyRoom.map((n) => send(client, room(n), announce('around NATS')))
    await Promise.race(load)
    await parts.nats.kill()
    await parts.nats.restart()
    await assertOneEffectEach(await Promise.all(load))
    expect((await b.get('/readyz')).status).toBe(200)
  }, 180_000)

  it('a process that is stopped in order hands its actors on at once', async () => {
    expect(await a.stop()).toBe(0)
    const after = everyRoom.slice(0, 200).map((n) => send(client, room(n), announce('handed on')))
    await assertOneEffectEach(await Promise.all(after))
  }, 180_000)
})
