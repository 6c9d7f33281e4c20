import { kindOf } from '#events/fact.ts'

import { auditTrail } from '#projections/audit-trail/audit-trail.table.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put } from '#projections/kernel/writes.ts'

export const auditTrailProjection = defineProjection({
  name: 'audit-trail',
  version: 1,
  tables: [auditTrail],
  onEvery: ({ position, stream, version, type, meta }) => [
    put(auditTrail, {
      position,
      at: meta.at,
      stream,
      kind: kindOf(stream),
      version,
      type,
      by: meta.by,
      connection: meta.connection,
      correlation_id: meta.correlationId,
    }),
  ],
})
