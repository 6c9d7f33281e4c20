import { expect, test } from 'vitest'

import { auditTrailProjection } from '#projections/audit-trail/audit-trail.projection.ts'
import { auditTrail } from '#projections/audit-trail/audit-trail.table.ts'
import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'

test('every fact is in the audit trail, known or not, without its data', () => {
  const given = new GivenFacts()
    .addUnknown('comet-1', 'comet.seen', { secret: 1 }, { at: 5, by: 'ann', connection: 'c' })
    .add('race-1', 'race.removed', {})
  const rows = rowsAfter(auditTrailProjection, given.facts).of(auditTrail)
  expect(rows).toEqual([
    {
      position: 1,
      at: 5,
      stream: 'comet-1',
      kind: 'comet',
      version: 0,
      type: 'comet.seen',
      by: 'ann',
      subject: null,
      connection: 'c',
      command_id: given.facts[0]!.meta.commandId,
      correlation_id: given.facts[0]!.meta.correlationId,
      causation_id: null,
    },
    expect.objectContaining({ position: 2, stream: 'race-1', by: null, connection: null }),
  ])
})

test('the audit trail says to whom something was done', () => {
  const given = new GivenFacts()
    .add('account-bob', 'account.banned', { until: null, reason: 'spam' }, { by: 'ann' })
    .add('race-1', 'race.removed', {}, { by: 'ann' })
  const rows = rowsAfter(auditTrailProjection, given.facts).of(auditTrail)
  expect(rows.map(({ by, subject }) => [by, subject])).toEqual([
    ['ann', 'bob'],
    ['ann', null],
  ])
})
