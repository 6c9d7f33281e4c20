import type { Fact } from '#events/fact.ts'

import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, update, type Write } from '#projections/kernel/writes.ts'
import { origins } from '#projections/origins/origins.table.ts'
import { idOf } from '#projections/stream-id.ts'

export const originsProjection = defineProjection({
  name: 'origins',
  version: 1,
  tables: [origins],
  on: {
    'connection.opened': (fact) => {
      const nobody = { account: null, method: null, remote: null }
      const times = { opened_at: fact.meta.at, ended_at: null, end_reason: null }
      return [put(origins, { origin: idOf(fact), gateway: fact.data.gateway, ...nobody, ...times })]
    },
    'connection.authenticated': (fact) => {
      const { account, method, remote } = fact.data
      return [update(origins, { origin: idOf(fact) }, { account, method, remote })]
    },
    'connection.closed': (fact) => [ended(idOf(fact), fact.data.reason, fact)],
    'presence.session-opened': (fact) => {
      const { session, method, remote } = fact.data
      const who = { account: idOf(fact), method, remote }
      const times = { opened_at: fact.meta.at, ended_at: null, end_reason: null }
      return [put(origins, { origin: session, gateway: 'http', ...who, ...times })]
    },
    'presence.session-ended': (fact) => [ended(fact.data.session, fact.data.reason, fact)],
  },
})

function ended(origin: string, end_reason: string, { meta }: Fact): Write {
  return update(origins, { origin }, { ended_at: meta.at, end_reason })
}
