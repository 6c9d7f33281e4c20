import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryCommandLink, createSwitchboard } from '#infra/memory/memory-command-link.ts'
import { createNatsCommandLink } from '#infra/nats/nats-command-link.ts'

import { commandLinkSuite } from '#test/conformance/command-link.case.ts'
import { connectTo, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

const concurrent = 20
const bytes = 64 * 1024

commandLinkSuite('memory', async () => {
  const switchboard = createSwitchboard(systemClock, { concurrent, bytes })
  const [here, there] = [createMemoryCommandLink(switchboard), createMemoryCommandLink(switchboard)]
  return { here, there, concurrent, bytes, dispose: () => here.close() }
})

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer(`max_payload: ${bytes}`)
})
afterAll(() => server.dispose())

commandLinkSuite('NATS', async () => {
  const connections = [await connectTo(server), await connectTo(server)] as const
  const [here, there] = connections.map((nats) => createNatsCommandLink(nats, { concurrent }))
  return {
    here: here!,
    there: there!,
    concurrent,
    bytes,
    async dispose() {
      await Promise.all(connections.map((nats) => nats.close()))
    },
  }
})

describe('a command link over NATS', () => {
  it('refuses at once without a server, and serves again when it is back', async () => {
    const fragile = await startNatsServer()
    const lost = Promise.withResolvers<unknown>()
    const asking = await connectTo(fragile, { report: lost.resolve })
    const serving = await connectTo(fragile)
    const link = createNatsCommandLink(asking)
    await createNatsCommandLink(serving).serve('node-b', async () => 'b')
    expect(await link.request('node-b', '', 30_000)).toBe('b')
    await fragile.kill()
    await lost.promise
    await expect(link.request('node-b', '', 30_000)).rejects.toMatchObject({ isUnserved: true })
    const back = [asking, serving].map((nats) => new Promise<void>(nats.onReconnect))
    await fragile.restart()
    await Promise.all(back)
    await serving.connection.flush()
    expect(await link.request('node-b', '', 30_000)).toBe('b')
    await Promise.all([asking.close(), serving.close()])
    await fragile.dispose()
  })
})
