import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'

import {
  type CheckpointRow,
  type Checkpoints,
  isFromLog,
  readRecorded,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { isOfSameShape, versionOf } from '#projections/kernel/schema.ts'

/** What of the live rows can stay, and what must be built. */
export interface Plan {
  /** Projections whose rows are of this version: they go on from their checkpoints. */
  readonly current: readonly Projection[]
  readonly checkpoints: Checkpoints
  /** Those whose rows are of another version, or not there. */
  readonly changed: readonly Projection[]
  /** There are rows of projections that are no more. */
  readonly hasRemains: boolean
  /**
   * How far rows that queries can use are, for as long as the changed ones are not built: older
   * rows of the same shape are served meanwhile, and their readers told how old they are.
   */
  readonly servableTo: number
}

/** Why nothing can stay, and all must be built. */
export interface PlanOfAll {
  readonly reason: string
}

export async function makePlan(
  db: Database,
  log: EventLog,
  schema: string,
  projections: readonly Projection[],
): Promise<Plan | PlanOfAll> {
  const recorded = await readRecorded(db, schema)
  if (!recorded) return { reason: 'they are missing' }
  const current = projections.filter(
    (projection) => recorded.get(projection.name)?.version === versionOf(projection),
  )
  if (current.length === 0) return { reason: 'they are of another version' }
  const checkpoints = new Map(current.map(({ name }) => [name, recorded.get(name)!]))
  if (!(await isFromLog(log, checkpoints))) return { reason: 'they are from another log' }
  const changed = projections.filter((projection) => !current.includes(projection))
  return {
    current,
    checkpoints,
    changed,
    hasRemains: recorded.size > projections.length - changed.length,
    servableTo: Math.min(Number.POSITIVE_INFINITY, ...changed.map(servable(recorded))),
  }
}

function servable(recorded: ReadonlyMap<string, CheckpointRow>) {
  return (projection: Projection): number => {
    const row = recorded.get(projection.name)
    const hasColumns = row !== undefined && isOfSameShape(row.version, projection)
    return hasColumns && !projection.mustBeCurrent ? Number.POSITIVE_INFINITY : LOG_START
  }
}
