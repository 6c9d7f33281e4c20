import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each fact, without its data: that stays in the log. */
export const auditTrail = defineTable(
  'audit_trail',
  {
    position: int8,
    at: int8,
    stream: text,
    kind: text,
    version: int8,
    type: text,
    by: nullable(text),
    /** To whom, as `subjectOf` has it. */
    subject: nullable(text),
    connection: nullable(text),
    command_id: text,
    correlation_id: text,
    causation_id: nullable(text),
  },
  ['position'],
  [
    { name: 'audit_trail_stream', on: '(stream, position)' },
    { name: 'audit_trail_kind', on: '(kind, position)' },
    // In the order of its characters, so that it serves prefixes in any locale.
    { name: 'audit_trail_type', on: '(type text_pattern_ops, position)' },
    { name: 'audit_trail_by', on: '("by", position)', where: '"by" is not null' },
    { name: 'audit_trail_subject', on: '(subject, position)', where: 'subject is not null' },
    // For gateways that few connections come by.
    {
      name: 'audit_trail_connection',
      on: '(connection, position)',
      where: 'connection is not null',
    },
    { name: 'audit_trail_command', on: '(command_id)', using: 'hash' },
    { name: 'audit_trail_correlation', on: '(correlation_id, position)' },
    // Times rise with the position, give or take a correction of the clock: block ranges do.
    {
      name: 'audit_trail_at',
      on: '(at) with (pages_per_range = 32, autosummarize = on)',
      using: 'brin',
    },
  ],
)

export interface AuditTrailTables {
  audit_trail: RowOf<typeof auditTrail.columns>
}
