import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/** One row for each connection that is open. */
export const connections = defineTable(
  'connections',
  {
    connection: text,
    gateway: text,
    node: text,
    secured: bool,
    member: nullable(text),
    group: nullable(text),
    method: nullable(text),
    /** Sealed with the member's key, field `remote`. */
    remote: nullable(text),
    opened_at: int8,
  },
  ['connection'],
)

/** One row for each upload that is running. */
export const runningUploads = defineTable(
  'running_uploads',
  {
    upload_id: text,
    race_id: text,
    file: text,
    connection: nullable(text),
    /** Position of the fact that started it. */
    position: int8,
  },
  ['upload_id'],
  [{ name: 'running_uploads_connection', on: '(connection)' }],
)

export interface ConnectionsTables {
  connections: RowOf<typeof connections.columns>
  running_uploads: RowOf<typeof runningUploads.columns>
}
