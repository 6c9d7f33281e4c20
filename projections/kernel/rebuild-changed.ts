import { applyBatch } from '#projections/kernel/apply.ts'
import {
  type BuildOptions,
  buildOrResume,
  catchUp,
  catchUpWithHead,
} from '#projections/kernel/build.ts'
import {
  CheckpointConflict,
  type Checkpoints,
  readRecorded,
  smallestPosition,
} from '#projections/kernel/checkpoints.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { freshName, withBuildLock } from '#projections/kernel/rebuild.ts'
import { dropSchema } from '#projections/kernel/schema.ts'
import { lockCheckpoints, moveProjections } from '#projections/kernel/swap.ts'
import type { TakeTurns } from '#projections/kernel/take-turns.ts'

export interface ChangedOptions extends Omit<BuildOptions, 'through'> {
  /** All projections of the live schema; those of the options are the changed ones. */
  readonly all: readonly Projection[]
  /** Runs while no batch is being projected into the live rows, and none until it has ended. */
  readonly alone: TakeTurns
  /** The checkpoints of the live rows, as the one who projects them believes them to be. */
  readonly live: () => Checkpoints
  /** Told of the checkpoints of all before the next batch. */
  readonly joined: (all: Checkpoints) => void
}

/**
 * Builds the changed projections beside the live ones, which are kept in step meanwhile, and
 * puts them in the place of their older rows; the rows of the others stay. A build that was cut
 * goes on where it was.
 */
export async function rebuildChanged(options: ChangedOptions): Promise<void> {
  const { db, schema } = options
  const fresh = freshName(schema)
  await withBuildLock(db, schema, async () => {
    const built = await buildBeside({ ...options, schema: fresh })
    await options.alone(async () => options.joined(await join(options, fresh, built)))
    await dropSchema(db, fresh)
  })
}

async function buildBeside(options: BuildOptions): Promise<Checkpoints> {
  if (options.projections.length === 0) return new Map()
  return await catchUpWithHead(options, await buildOrResume(options))
}

async function join(
  options: ChangedOptions,
  fresh: string,
  built: Checkpoints,
): Promise<Checkpoints> {
  const { db, schema, projections: changed, all } = options
  const live = options.live()
  return await db.transaction().execute(async (trx) => {
    await lockCheckpoints(trx, schema)
    const recorded = await readRecorded(trx, schema)
    for (const [name, { position }] of live) {
      if (recorded?.get(name)?.position !== position) throw new CheckpointConflict(schema)
    }
    const through = smallestPosition(live)
    const own = { ...options, db: trx, schema: fresh, through }
    const caughtUp = changed.length === 0 ? built : await catchUp(own, built)
    // To the very position of the others: they move on together from here.
    const level = await applyBatch(trx, fresh, changed, caughtUp, { facts: [], through })
    await moveProjections(trx, fresh, schema, changed, all)
    return new Map([...live, ...level])
  })
}
