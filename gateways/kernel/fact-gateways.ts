import type { EventLog } from '#events/event-log.ts'
import { type Fact, streamOf } from '#events/fact.ts'
import { RecentMap } from '#gateways/kernel/recent-map.ts'

/** By which gateway facts came in, as the log itself says. */
export interface FactGateways {
  /** Null for what came in by no connection, or by one that the log no longer shows. */
  of(fact: Pick<Fact, 'meta'>): Promise<string | null>
}

/** Connections that are remembered: more are read again. */
const CONNECTIONS = 10_000

/** Reads the first fact of each connection, once. */
export function createFactGateways(log: EventLog): FactGateways {
  const known = new RecentMap<string, { readonly gateway: string | null }>(CONNECTIONS)
  return {
    async of({ meta: { connection } }) {
      if (connection === null) return null
      const before = known.get(connection)
      if (before) return before.gateway
      const gateway = await openedBy(log, connection)
      known.set(connection, { gateway })
      return gateway
    },
  }
}

async function openedBy(log: EventLog, connection: string): Promise<string | null> {
  const stream = streamOf({ kind: 'connection', id: connection })
  for await (const { type, data } of log.readStream(stream, { limit: 1 })) {
    if (type === 'connection.opened') return (data as { readonly gateway: string }).gateway
  }
  return null
}
