import type { Clock } from '#events/clock.ts'
import type { IrcOptions } from '#gateways/irc/options.ts'
import { createIrcGateway } from '#gateways/irc/server.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

export interface IrcTestServer {
  readonly system: TestSystem
  readonly port: number
  stop(): Promise<void>
}

/** A live IRC gateway over a system in memory, with a member for each name. */
export async function startIrc(
  members: readonly string[],
  options: Partial<IrcOptions> & { readonly clock?: Clock; readonly system?: TestSystem } = {},
): Promise<IrcTestServer> {
  const { clock, system = await createTestSystem(), ...irc } = options
  for (const name of members) await system.addMember({ name })
  const gateway = createIrcGateway(
    { ...system, ...(clock && { clock }), readModels: roomsFromLog(system) },
    { host: '127.0.0.1', port: 0, ...irc },
  )
  const { port } = await gateway.start()
  return {
    system,
    port,
    async stop() {
      await gateway.stop(2_000)
      await system.stop()
    },
  }
}

/** The one query that this gateway makes, answered from the log itself. */
function roomsFromLog({ log }: TestSystem) {
  const audit = async ({ type }: { readonly type?: string }) => {
    const items = []
    for await (const fact of log.readAll({ kinds: ['room'] })) {
      if (fact.type === type) items.push(fact)
    }
    return { items, nextCursor: null, position: 0 }
  }
  return { audit } as never
}
