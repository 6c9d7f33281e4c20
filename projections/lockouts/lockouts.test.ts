import { expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { lockoutsProjection } from '#projections/lockouts/lockouts.projection.ts'
import { lockouts } from '#projections/lockouts/lockouts.table.ts'

test('who is locked out stays until that is lifted, with the latest lock', () => {
  const given = new GivenFacts()
    .add('lockout-account_ann', 'lockout.failed', { gateway: 'ftp', remote: null })
    .add('lockout-account_ann', 'lockout.locked', { until: 50, failures: 5 }, { at: 10 })
    .add('lockout-address_x', 'lockout.locked', { until: 60, failures: 5 }, { at: 11 })
    .add('lockout-address_x', 'lockout.locked', { until: 90, failures: 6 }, { at: 70 })
    .add('lockout-account_ann', 'lockout.cleared', { reason: 'lifted' })
  expect(rowsAfter(lockoutsProjection, given.facts).of(lockouts)).toEqual([
    { lockout: 'address_x', locked_at: 70, until: 90, failures: 6 },
  ])
})
