import { accountsProjection } from '#projections/accounts/accounts.projection.ts'
import { auditTrailProjection } from '#projections/audit-trail/audit-trail.projection.ts'
import { connectionsProjection } from '#projections/connections/connections.projection.ts'
import { groupsProjection } from '#projections/groups/groups.projection.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { ledgerLinesProjection } from '#projections/ledger-lines/ledger-lines.projection.ts'
import { lockoutsProjection } from '#projections/lockouts/lockouts.projection.ts'
import { memberTotalsProjection } from '#projections/member-totals/member-totals.projection.ts'
import { nukesProjection } from '#projections/nukes/nukes.projection.ts'
import { originsProjection } from '#projections/origins/origins.projection.ts'
import { raceBoardProjection } from '#projections/race-board/race-board.projection.ts'
import { raceFilesProjection } from '#projections/race-files/race-files.projection.ts'
import { releasesProjection } from '#projections/releases/releases.projection.ts'
import { requestsProjection } from '#projections/requests/requests.projection.ts'
import { sessionsProjection } from '#projections/sessions/sessions.projection.ts'

/** Every read model that veza keeps. */
export const allProjections: readonly Projection[] = [
  raceBoardProjection,
  raceFilesProjection,
  releasesProjection,
  accountsProjection,
  memberTotalsProjection,
  groupsProjection,
  ledgerLinesProjection,
  originsProjection,
  connectionsProjection,
  sessionsProjection,
  lockoutsProjection,
  nukesProjection,
  requestsProjection,
  auditTrailProjection,
]
