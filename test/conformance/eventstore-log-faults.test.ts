import { describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'
import { type EventLog, LogUnavailable } from '#events/event-log.ts'
import { LOG_START, type NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'

import { all, fact, facts, follow } from '#test/conformance/event-log-fixture.ts'
import { deadPort, openDriver, perTestServers } from '#test/conformance/eventstore-log-fixture.ts'

const { startServer, connect } = perTestServers()

/** As a caller does that must get its facts in: again, with the same ids, until it is known. */
async function insist(log: EventLog, stream: string, written: readonly NewFact[]): Promise<void> {
  for (;;) {
    try {
      await log.append(stream, written, 'any')
      return
    } catch (cause) {
      if (!(cause instanceof LogUnavailable)) throw cause
    }
  }
}

describe('a server that goes away and returns', () => {
  it('loses no append and repeats none, for writers and subscribers', async () => {
    const server = await startServer()
    const losses: unknown[] = []
    const report = (cause: unknown) => void losses.push(cause)
    const log = await connect(server.url, { deadlineMs: 1_000, report })
    const ofAll = follow(log, { after: LOG_START, batchSize: 7 })
    const ofKind = follow(log, { after: LOG_START, kinds: ['race'] })
    await Promise.all([ofAll.live, ofKind.live])

    const written = Array.from({ length: 120 }, (_, n) => fact(n))
    const writing = Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let n = writer; n < written.length; n += 4) {
          await insist(log, n % 3 === 0 ? 'race-a' : `room-${writer}`, [written[n]!])
        }
      }),
    )
    for (const count of [10, 60]) {
      await ofAll.until(count)
      await server.kill()
      await server.restart()
    }
    await writing
    await ofAll.until(120)
    await ofKind.until(40)

    const recorded = await all(log.readAll())
    expect(ofAll.seen).toEqual(recorded)
    expect(ofKind.seen).toEqual(recorded.filter(({ stream }) => stream === 'race-a'))
    const ids = (read: readonly { id: string }[]) => read.map(({ id }) => id).toSorted()
    expect(ids(recorded)).toEqual(ids(written))
    expect([ofAll.liveCalls, ofKind.liveCalls]).toEqual([1, 1])
    expect(losses.length).toBeGreaterThanOrEqual(4)
    await Promise.all([ofAll.stop(), ofKind.stop()])
  })

  it('is unwritable while it is away, and says so', async () => {
    const server = await startServer()
    const told: unknown[] = []
    const log = await connect(server.url, { report: (cause) => told.push(cause) })
    expect(log.health()).toEqual({ writable: true })
    await server.kill()
    await expect(log.append('room-a', facts(1), 'any')).rejects.toThrow(LogUnavailable)
    expect(log.health()).toMatchObject({ writable: false, reason: /EventStoreDB/ })
    expect(told).toHaveLength(1)
    await expect(all(log.readAll())).rejects.toThrow(LogUnavailable)
    await server.restart()
    await log.append('room-a', facts(1), 'any')
    expect(log.health()).toEqual({ writable: true })
  })

  it('finds out by itself that it is writable again', async () => {
    const server = await startServer()
    const probes: (() => void)[] = []
    const log = await connect(server.url, {
      clock: {
        now: Date.now,
        after(delayMs, run) {
          if (delayMs === 1_000) probes.push(run)
          const timer = setTimeout(run, delayMs)
          timer.unref()
          return () => clearTimeout(timer)
        },
      },
      deadlineMs: 5_000,
    })
    await server.kill()
    await expect(log.append('room-a', facts(1), 'any')).rejects.toThrow(LogUnavailable)
    expect(probes).toHaveLength(1)
    await server.restart()
    probes[0]!()
    await expect.poll(() => log.health()).toEqual({ writable: true })
  })

  it('ends what waits when the log is closed', async () => {
    const server = await startServer()
    const log = await openDriver(server.url, { inFlight: 1 })
    const outcomes = [0, 1, 2].map((n) => log.append(`room-${n}`, facts(1), 'any'))
    const settled = Promise.allSettled(outcomes)
    const { stop } = follow(log, { after: LOG_START })
    await log.close()
    await stop()
    expect((await settled).slice(1).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(log.append('room-a', facts(1), 'any')).rejects.toThrow('the log is closed')
    expect(log.health()).toEqual({ writable: false, reason: 'the log is closed' })
    await log.close()
  })

  it.each([
    ['an append', (log: EventLog) => log.append('room-a', facts(1), 'any')],
    ['a tombstone', (log: EventLog) => log.tombstone('room-a', 'any')],
    ['a read', (log: EventLog) => log.head()],
  ])('does not try %s again once the log is closed', async (_, ask) => {
    const server = await startServer()
    const waits: number[] = []
    const paused = Promise.withResolvers<void>()
    const clock: Clock = {
      now: systemClock.now,
      after(delayMs, run) {
        // Only what comes between two attempts is so short, and here it does not end by itself.
        if (delayMs >= 1_000) return systemClock.after(delayMs, run)
        waits.push(delayMs)
        paused.resolve()
        return () => {}
      },
    }
    const log = await connect(server.url, { clock })
    await server.kill()
    const failed = ask(log).catch((cause: unknown) => cause)
    await paused.promise
    await log.close()
    expect(await failed).toMatchObject({ code: 'log-unavailable' })
    expect(waits).toHaveLength(1)
  })

  it('lives through a cluster that goes away whole, and finds it again', async () => {
    const server = await startServer()
    const list = `localhost:${await deadPort()},localhost:${server.port}`
    const log = await connect(server.url.replace(`localhost:${server.port}`, list), {
      deadlineMs: 400,
    })
    await log.append('room-a', facts(1), 'no-stream')
    const follower = follow(log, { after: LOG_START })
    await follower.until(1)
    await server.kill()
    // Calls that fail while others are looking for a node: the client rejects a promise there
    // that nobody awaits.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        n % 2 === 0 ? log.head() : log.append(`room-${n}`, facts(1), 'any'),
      ),
    )
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'log-unavailable' } })
    }
    await server.restart()
    await insist(log, 'room-b', facts(1))
    await follower.until(2)
    await follower.stop()
  })
})
