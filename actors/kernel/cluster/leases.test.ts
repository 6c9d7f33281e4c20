import { describe, expect, it } from 'vitest'

import { type Duty } from '#actors/kernel/cluster/duties.ts'
import { joinLeases, type Leases } from '#actors/kernel/cluster/leases.ts'
import { CLUSTER_TIMINGS } from '#actors/kernel/cluster/members.ts'
import { type KeyValue, KeyValueUnavailable } from '#events/key-value.ts'
import { createMemoryKeyValue } from '#infra/memory/memory-key-value.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const KEYS = Array.from({ length: 40 }, (_, n) => `shard-${n}`)
const { beatMs, unfitAfterMs, deadAfterMs } = CLUSTER_TIMINGS

/** One bucket, one clock, and as many processes as a test wants. */
function createCluster() {
  const clock = createManualClock()
  const shared = createMemoryKeyValue()
  const cut = new Set<string>()
  const held = new Map<string, string>()
  const faults: unknown[] = []

  /** The bucket as a process sees it: out of reach while the process is cut off. */
  const seenBy = (address: string): KeyValue => {
    const reach =
      <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
      async (...given: A): Promise<R> => {
        if (cut.has(address)) throw new KeyValueUnavailable('cut off')
        return await call(...given)
      }
    return {
      ...shared,
      get: reach(shared.get),
      put: reach(shared.put),
      create: reach(shared.create),
      update: reach(shared.update),
      remove: reach(shared.remove),
      watch: (changed) =>
        shared.watch((change) => {
          if (!cut.has(address)) changed(change)
        }),
    }
  }

  /** Fails when a duty begins before the one of another process has ended. */
  const dutyOf = (address: string, key: string): Duty => ({
    begin() {
      if (held.has(key)) faults.push(new Error(`${key}: ${held.get(key)} and ${address}`))
      held.set(key, address)
    },
    async end() {
      if (held.get(key) === address) held.delete(key)
    },
  })

  return {
    clock,
    shared,
    cut,
    faults,
    held,
    dutyOf,
    join: (address: string, keys = KEYS, own: Partial<KeyValue> = {}): Promise<Leases> =>
      joinLeases({
        bucket: { ...seenBy(address), ...own },
        clock,
        address,
        duties: new Map(keys.map((key) => [key, dutyOf(address, key)])),
        report: (cause) => {
          if (!(cause instanceof KeyValueUnavailable)) faults.push(cause)
        },
      }),
    /** Time goes on; what each step sets off is done before the next. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += beatMs) {
        clock.advance(beatMs)
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

const heldBy = (leases: Leases) => KEYS.filter((key) => leases.holds(key))

describe('leases', () => {
  it('one process alone holds all', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    await cluster.pass(beatMs)
    expect(heldBy(a)).toEqual(KEYS)
    expect(a.addressOf(KEYS[0]!)).toBe('a')
    expect(cluster.held.size).toBe(KEYS.length)
  })

  it('a second one is given its part, and never do two hold the same', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    await cluster.pass(beatMs)
    const fence = Math.max(...KEYS.map((key) => a.fence(key)))
    const b = await cluster.join('b')
    await cluster.pass(3 * beatMs)
    const [ofA, ofB] = [heldBy(a), heldBy(b)]
    expect(ofB.length).toBeGreaterThan(5)
    expect([...ofA, ...ofB].toSorted()).toEqual(KEYS.toSorted())
    expect(ofB.every((key) => a.addressOf(key) === 'b' && b.fence(key) > fence)).toBe(true)
    expect(cluster.faults).toEqual([])
  })

  it('who is cut off gives up before the others take over, and comes back under a new name', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    const b = await cluster.join('b')
    await cluster.pass(4 * beatMs)
    const ofA = heldBy(a)
    cluster.cut.add('a')
    await cluster.pass(unfitAfterMs + beatMs)
    expect(heldBy(a)).toEqual([])
    // Nobody else has them yet: the one that was cut off has stopped first.
    expect(ofA.every((key) => !b.holds(key))).toBe(true)
    await cluster.pass(deadAfterMs - unfitAfterMs + 2 * beatMs)
    expect(heldBy(b)).toEqual(KEYS)
    cluster.cut.delete('a')
    await cluster.pass(4 * beatMs)
    expect(heldBy(a).length).toBeGreaterThan(5)
    expect([...heldBy(a), ...heldBy(b)].toSorted()).toEqual(KEYS.toSorted())
    const told = cluster.faults.map((fault) => (fault as Error).message)
    expect(told).toEqual(['the cluster is out of reach: the leases are given up'])
  })

  it('who stops in order hands on at once', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    const b = await cluster.join('b')
    await cluster.pass(4 * beatMs)
    await a.stop()
    await cluster.pass(2 * beatMs)
    expect(heldBy(b)).toEqual(KEYS)
    expect(cluster.faults).toEqual([])
  })

  it('a lease is given only to who takes part in it', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    const b = await cluster.join('b', [])
    await cluster.pass(4 * beatMs)
    expect(heldBy(a)).toEqual(KEYS)
    for (const key of KEYS) b.assign(key, { end: async () => {} })
    await cluster.pass(4 * beatMs)
    expect(heldBy(b).length).toBeGreaterThan(5)
  })

  it('a bucket that has lost everything is filled again', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    await cluster.pass(2 * beatMs)
    for (const { key } of await cluster.shared.entries()) await cluster.shared.remove(key)
    await cluster.pass(4 * beatMs)
    expect(heldBy(a)).toEqual(KEYS)
    expect(await cluster.shared.entries()).toHaveLength(KEYS.length + 1)
  })

  it('who stops keeps what others stand on until they have ended, however long that takes', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    const ended = Promise.withResolvers<void>()
    a.assign('single', { end: () => ended.promise })
    await cluster.pass(2 * beatMs)
    const b = await cluster.join('b', [])
    b.assign('single', cluster.dutyOf('b', 'single'))
    const stopped = a.stop()
    await cluster.pass(2 * deadAfterMs)
    expect(heldBy(a)).toEqual(KEYS)
    expect([a.holds('single'), b.holds('single')]).toEqual([false, false])
    ended.resolve()
    await stopped
    await cluster.pass(2 * beatMs)
    expect(heldBy(a)).toEqual([])
    expect(b.holds('single')).toBe(true)
    expect(cluster.faults).toEqual([])
  })

  it('an answer that comes after the news of a later write changes nothing', async () => {
    const cluster = createCluster()
    const answered = Promise.withResolvers<void>()
    const update: KeyValue['update'] = async (key, value, revision) => {
      const written = await cluster.shared.update(key, value, revision)
      await answered.promise
      return written
    }
    const a = await cluster.join('a', KEYS, { update })
    await cluster.pass(beatMs)
    const b = await cluster.join('b')
    await cluster.pass(beatMs)
    for (const { key, value, revision } of await cluster.shared.entries()) {
      if (value === 'b.0') await cluster.shared.update(key, 'a.0', revision)
    }
    answered.resolve()
    await cluster.pass(4 * beatMs)
    expect([...heldBy(a), ...heldBy(b)].toSorted()).toEqual(KEYS.toSorted())
  })

  it('nothing is handed to a name that its process has given up, though its sign comes late', async () => {
    const cluster = createCluster()
    const a = await cluster.join('a')
    const b = await cluster.join('b')
    await cluster.pass(4 * beatMs)
    cluster.cut.add('b')
    await cluster.pass(deadAfterMs + 2 * beatMs)
    expect(heldBy(a)).toEqual(KEYS)
    cluster.cut.delete('b')
    await cluster.pass(beatMs)
    // What was on its way when the connection broke is delivered when it is back.
    await cluster.shared.put('member/b.0', KEYS.join(' '))
    await cluster.pass(2 * beatMs)
    expect([...heldBy(a), ...heldBy(b)].toSorted()).toEqual(KEYS.toSorted())
  })
})
