import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, remove } from '#projections/kernel/writes.ts'
import { lockouts } from '#projections/lockouts/lockouts.table.ts'
import { idOf } from '#projections/stream-id.ts'

export const lockoutsProjection = defineProjection({
  name: 'lockouts',
  version: 1,
  tables: [lockouts],
  on: {
    'lockout.locked': (fact) => {
      const { until, failures } = fact.data
      return [put(lockouts, { lockout: idOf(fact), locked_at: fact.meta.at, until, failures })]
    },
    'lockout.cleared': (fact) => [remove(lockouts, { lockout: idOf(fact) })],
  },
})
