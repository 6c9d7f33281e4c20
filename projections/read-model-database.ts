import { type ExpressionBuilder, type Kysely, sql } from 'kysely'

import type { AccountsTables } from '#projections/accounts/accounts.tables.ts'
import type { AuditTrailTables } from '#projections/audit-trail/audit-trail.table.ts'
import type { ConnectionsTables } from '#projections/connections/connections.tables.ts'
import type { GroupsTables } from '#projections/groups/groups.tables.ts'
import type { KernelTables } from '#projections/kernel/database.ts'
import type { LedgerTables } from '#projections/ledger-lines/ledger-lines.tables.ts'
import type { LockoutsTables } from '#projections/lockouts/lockouts.table.ts'
import type { MemberTotalsTables } from '#projections/member-totals/member-totals.tables.ts'
import type { NukesTables } from '#projections/nukes/nukes.tables.ts'
import type { OriginsTables } from '#projections/origins/origins.table.ts'
import type { RaceBoardTables } from '#projections/race-board/race-board.table.ts'
import type { RaceFilesTables } from '#projections/race-files/race-files.tables.ts'
import type { ReleasesTables } from '#projections/releases/releases.tables.ts'
import type { RequestsTables } from '#projections/requests/requests.table.ts'
import type { SessionsTables } from '#projections/sessions/sessions.tables.ts'

/** All tables of all read models, for queries. */
export interface ReadModelTables
  extends
    KernelTables,
    RaceBoardTables,
    RaceFilesTables,
    AccountsTables,
    MemberTotalsTables,
    NukesTables,
    RequestsTables,
    GroupsTables,
    LedgerTables,
    OriginsTables,
    ReleasesTables,
    ConnectionsTables,
    SessionsTables,
    LockoutsTables,
    AuditTrailTables {}

/** With its schema set. */
export type ReadModelDatabase = Kysely<ReadModelTables>

/**
 * The position of the read models, as a part of the statement that reads them: a statement
 * sees one snapshot, so rows and position belong together.
 */
export function currentPosition(eb: ExpressionBuilder<ReadModelTables, never>) {
  return eb
    .selectFrom('projection_checkpoint')
    .select((inner) => inner.fn.coalesce(inner.fn.min('position'), sql<number>`0`).as('position'))
    .$asScalar()
    .$notNull()
}
