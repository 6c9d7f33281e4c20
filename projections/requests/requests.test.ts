import { expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { requestsProjection } from '#projections/requests/requests.projection.ts'
import { requests } from '#projections/requests/requests.table.ts'

test('a request is open until it is filled or withdrawn, and may be made anew', () => {
  const made = { name: 'Thing', section: null }
  const given = new GivenFacts()
    .add('request-1', 'request.made', made, { by: 'ann', at: 1 })
    .add('request-2', 'request.made', { ...made, section: 'x' }, { by: 'bob', at: 2 })
    .add('request-1', 'request.filled', { path: '/x/Thing-G' }, { by: 'cat', at: 3 })
    .add('request-2', 'request.withdrawn', {}, { by: 'bob', at: 4 })
  const rowsNow = () => rowsAfter(requestsProjection, given.facts).of(requests)
  expect(rowsNow()).toMatchObject([
    { request: '1', state: 'filled', made_by: 'ann', ended_by: 'cat', path: '/x/Thing-G' },
    { request: '2', state: 'withdrawn', section: 'x', ended_by: 'bob', ended_at: 4 },
  ])
  given.add('request-1', 'request.made', made, { by: 'dan', at: 5 })
  expect(rowsNow()[0]).toMatchObject({ state: 'open', made_by: 'dan', ended_by: null, path: null })
})
