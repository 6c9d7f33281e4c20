import { auditTrailProjection } from '#projections/audit-trail/audit-trail.projection.ts'
import { connectionsProjection } from '#projections/connections/connections.projection.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { memberTotalsProjection } from '#projections/member-totals/member-totals.projection.ts'
import { raceBoardProjection } from '#projections/race-board/race-board.projection.ts'
import { raceFilesProjection } from '#projections/race-files/race-files.projection.ts'

/** Every read model that veza keeps. */
export const allProjections: readonly Projection[] = [
  raceBoardProjection,
  raceFilesProjection,
  memberTotalsProjection,
  connectionsProjection,
  auditTrailProjection,
]
