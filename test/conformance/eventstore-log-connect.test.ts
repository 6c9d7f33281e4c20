import { describe, expect, it } from 'vitest'

import { AppendRefused, LogUnavailable } from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'
import { LogAccessDenied } from '#infra/eventstoredb/failures.ts'

import { all, facts, follow } from '#test/conformance/event-log-fixture.ts'
import {
  deadPort,
  listen,
  openDriver,
  perTestServers,
} from '#test/conformance/eventstore-log-fixture.ts'

const { startServer, connect, atEnd } = perTestServers()

describe('finding a server', () => {
  it('gives up at the deadline on one that accepts and says nothing', async () => {
    const { server, port, sockets } = await listen()
    atEnd(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    const url = `esdb://localhost:${port}?tls=false`
    await expect(openDriver(url, { deadlineMs: 300 })).rejects.toThrow(LogUnavailable)
    expect(sockets.length).toBeGreaterThan(0)
  })

  it.each(['esdb://', 'kurrentdb://'])('takes %s for one node', async (scheme) => {
    const server = await startServer()
    const log = await connect(server.url.replace('esdb://', scheme))
    await log.append('room-a', facts(1), 'any')
    expect(await all(log.readAll())).toHaveLength(1)
  })

  it('finds the one live node of three by gossip, over TLS', async () => {
    const server = await startServer(true)
    const hosts = [await deadPort(), await deadPort(), server.port]
    const list = hosts.map((port) => `localhost:${port}`).join(',')
    const log = await connect(server.url.replace(`localhost:${server.port}`, list))
    await log.append('room-a', facts(2), 'no-stream')
    expect(await all(log.readStream('room-a'))).toHaveLength(2)
  })

  it('finds a node by the DNS name of a cluster', async () => {
    const server = await startServer()
    const log = await connect(server.url.replace('esdb:', 'esdb+discover:'))
    await log.append('room-a', facts(1), 'any')
    expect(await log.streamVersion('room-a')).toBe(0)
  })

  it('fails in time when no node of a cluster is there', async () => {
    const hosts = `localhost:${await deadPort()},localhost:${await deadPort()}`
    const opening = openDriver(`esdb://${hosts}?tls=false`, { deadlineMs: 500 })
    await expect(opening).rejects.toThrow(LogUnavailable)
  })

  it.each([
    ['a wrong password', 'root:guessed'],
    ['a user without the right', 'bob:password'],
  ])('says that it is not let in, with %s', async (_, user) => {
    const server = await startServer()
    const cause = await openDriver(server.urlFor(user)).catch((cause: unknown) => cause)
    expect(cause).toBeInstanceOf(LogAccessDenied)
    expect((cause as Error).message).toMatch(/denies access to \$all/)
    expect((cause as Error).message).not.toMatch(/guessed/)
  })

  it('trusts an unknown certificate only when it is told to', async () => {
    const server = await startServer(true)
    const blind = server.urlFor('root:password', 'tls=true')
    await expect(openDriver(blind, { deadlineMs: 1_000 })).rejects.toThrow(LogUnavailable)
    const log = await connect(server.urlFor('root:password', 'tlsVerifyCert=false'))
    await log.append('room-a', facts(1), 'any')
  })
})

describe('reading', () => {
  it('goes on page by page, both ways, and ends when the reader has enough', async () => {
    const server = await startServer()
    const log = await connect(server.url)
    for (let n = 0; n < 3; n++) await log.append('room-a', facts(850), 'any')
    const every = await all(log.readStream('room-a'))
    expect(every.map(({ version }) => version)).toEqual([...Array(2_550).keys()])
    expect(await all(log.readAll())).toEqual(every)
    expect(await all(log.readAll({ direction: 'backwards' }))).toEqual(every.toReversed())
    const first: Fact[] = []
    for await (const each of log.readAll()) {
      first.push(each)
      if (first.length === 1_003) break
    }
    expect(first).toEqual(every.slice(0, 1_003))
    await log.append('room-a', facts(1), 2_549)
  })

  it('takes large facts in pages of so many bytes', async () => {
    const server = await startServer()
    const log = await connect(server.url)
    const large = facts(24).map((each) => ({ ...each, data: { text: 'x'.repeat(400_000) } }))
    for (let n = 0; n < 24; n += 2) await log.append('room-a', large.slice(n, n + 2), 'any')
    const ids = large.map(({ id }) => id)
    const read = async (facts: AsyncIterable<Fact>) => (await all(facts)).map(({ id }) => id)
    expect(await read(log.readAll())).toEqual(ids)
    expect(await read(log.readStream('room-a', { direction: 'backwards' }))).toEqual(
      ids.toReversed(),
    )
    const follower = follow(log, { after: LOG_START })
    await follower.until(24)
    expect(follower.seen.map(({ id }) => id)).toEqual(ids)
    await follower.stop()
  })

  it.each(['streams', 'filter', 'auto'] as const)('reads a kind by %s', async (categories) => {
    const server = await startServer()
    const before = await connect(server.url)
    for (let n = 0; n < 5; n++) {
      await before.append(`race-${n}`, facts(300), 'any')
      await before.append(`racer-${n}`, facts(3), 'any')
    }
    const log = await connect(server.url, { categories })
    const races = (await all(log.readAll())).filter(({ stream }) => stream.startsWith('race-'))
    expect(await all(log.readAll({ kinds: ['race'] }))).toEqual(races)
    expect(await all(log.readAll({ kinds: ['race'], limit: 2 }))).toEqual(races.slice(0, 2))
    expect(await all(log.readAll({ kinds: ['none'] }))).toEqual([])
  })
})

it('refuses an append that is more than the server takes, whole', async () => {
  const server = await startServer()
  const log = await connect(server.url)
  const large = facts(4).map((each) => ({ ...each, data: { text: 'x'.repeat(400_000) } }))
  await expect(log.append('room-a', large, 'any')).rejects.toThrow(AppendRefused)
  expect(await log.head()).toBe(LOG_START)
  await log.append('room-a', large.slice(0, 2), 'no-stream')
  expect(log.health()).toEqual({ writable: true })
})

it('answers facts that their stream hides at once', async () => {
  const server = await startServer()
  const log = await connect(server.url)
  await log.writeMetadata('room-a', { maxCount: 1 })
  const { facts: recorded, version } = await log.append('room-a', facts(3), 'any')
  expect(version).toBe(2)
  expect(recorded).toEqual(await all(log.readAll()))
  expect(await all(log.readStream('room-a'))).toEqual(recorded.slice(2))
})

it('refuses appends beyond those that may wait', async () => {
  const server = await startServer()
  const log = await connect(server.url, { inFlight: 1, waiting: 1 })
  const outcomes = await Promise.allSettled(
    [0, 1, 2].map((n) => log.append(`room-${n}`, facts(1), 'any')),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  await log.append('room-2', facts(1), 'no-stream')
})
