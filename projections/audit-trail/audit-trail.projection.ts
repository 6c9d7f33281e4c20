import { subjectOf } from '#events/audit-subject.ts'
import { kindOf } from '#events/fact.ts'

import { auditTrail } from '#projections/audit-trail/audit-trail.table.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put } from '#projections/kernel/writes.ts'

export const auditTrailProjection = defineProjection({
  name: 'audit-trail',
  version: 2,
  tables: [auditTrail],
  onEvery: ({ position, stream, version, type, data, meta }) => [
    put(auditTrail, {
      position,
      at: meta.at,
      stream,
      kind: kindOf(stream),
      version,
      type,
      by: meta.by,
      subject: subjectOf({ stream, data }),
      connection: meta.connection,
      command_id: meta.commandId,
      correlation_id: meta.correlationId,
      causation_id: meta.causationId,
    }),
  ],
})
