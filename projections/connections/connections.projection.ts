import { connections, runningUploads } from '#projections/connections/connections.tables.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, remove, update, type Write } from '#projections/kernel/writes.ts'
import { idOf } from '#projections/stream-id.ts'

export const connectionsProjection = defineProjection({
  name: 'connections',
  version: 2,
  // At the start those are closed that a killed process left open: older rows would hide some.
  mustBeCurrent: true,
  tables: [connections, runningUploads],
  on: {
    'connection.opened': (fact) => {
      const { gateway, node } = fact.data
      const nobody = { secured: false, member: null, group: null, method: null, remote: null }
      const opened = { gateway, node, opened_at: fact.meta.at }
      return [put(connections, { connection: idOf(fact), ...opened, ...nobody })]
    },
    'connection.secured': (fact) => [
      update(connections, { connection: idOf(fact) }, { secured: true }),
    ],
    'connection.authenticated': (fact) => {
      const { account: member, group, method, remote } = fact.data
      return [update(connections, { connection: idOf(fact) }, { member, group, method, remote })]
    },
    'connection.closed': (fact) => [remove(connections, { connection: idOf(fact) })],
    'race.upload-started': (fact) => [
      put(runningUploads, {
        upload_id: fact.data.uploadId,
        race_id: idOf(fact),
        file: fact.data.file,
        connection: fact.meta.connection,
        position: fact.position,
      }),
    ],
    // By its own id: another connection than the one that uploads may have ended it.
    'race.upload-aborted': (fact) => [ended(fact.data)],
    'race.file-accepted': (fact) => [ended(fact.data)],
    'race.file-rejected': (fact) => [ended(fact.data)],
  },
})

function ended({ uploadId }: { uploadId: string }): Write {
  return remove(runningUploads, { upload_id: uploadId })
}
