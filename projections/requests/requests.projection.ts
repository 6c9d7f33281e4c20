import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, update } from '#projections/kernel/writes.ts'
import { requests } from '#projections/requests/requests.table.ts'
import { idOf } from '#projections/stream-id.ts'

export const requestsProjection = defineProjection({
  name: 'requests',
  version: 1,
  tables: [requests],
  on: {
    'request.made': (fact) => [
      put(requests, {
        request: idOf(fact),
        ...fact.data,
        state: 'open',
        made_by: fact.meta.by ?? '',
        made_at: fact.meta.at,
        made_position: fact.position,
        ended_by: null,
        ended_at: null,
        path: null,
      }),
    ],
    'request.filled': (fact) => [
      update(
        requests,
        { request: idOf(fact) },
        { state: 'filled', path: fact.data.path, ended_by: fact.meta.by, ended_at: fact.meta.at },
      ),
    ],
    'request.withdrawn': (fact) => [
      update(
        requests,
        { request: idOf(fact) },
        { state: 'withdrawn', ended_by: fact.meta.by, ended_at: fact.meta.at },
      ),
    ],
  },
})
