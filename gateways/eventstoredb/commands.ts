import type { Method } from '#gateways/eventstoredb/command.ts'
import { append } from '#gateways/eventstoredb/services/append.ts'
import { batchAppend } from '#gateways/eventstoredb/services/batch-append.ts'
import { softDelete, tombstone } from '#gateways/eventstoredb/services/delete.ts'
import { gossipRead } from '#gateways/eventstoredb/services/gossip.ts'
import { stats } from '#gateways/eventstoredb/services/monitoring.ts'
import { read } from '#gateways/eventstoredb/services/read.ts'
import { details } from '#gateways/eventstoredb/services/users.ts'

/** The table of methods. Those that stand nowhere are UNIMPLEMENTED. */
export const METHODS: readonly Method[] = [
  append,
  batchAppend,
  read,
  softDelete,
  tombstone,
  gossipRead,
  stats,
  details,
]
