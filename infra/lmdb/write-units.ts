import type { AppendUnit } from '#infra/lmdb/append-unit.ts'
import { putRecords } from '#infra/lmdb/blocks.ts'
import { transact } from '#infra/lmdb/environment.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { metadataRow } from '#infra/lmdb/stream-states.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

/**
 * Writes units, one after the other, in one transaction. `submitted` is called when the disk has
 * them to write, at the latest when that is done or has failed.
 */
export async function writeUnits(
  tables: LogTables,
  index: LogIndex,
  units: readonly AppendUnit[],
  submitted: () => void,
): Promise<void> {
  const { env, blocks, metadata } = tables
  const first = units.find(({ facts }) => facts.length > 0)?.facts[0]
  if (!first) return submitted()
  const sealed = units.length === 1 ? units[0]!.sealed : units.flatMap((unit) => unit.sealed)
  const told = onlyOnce(submitted)
  let forget = () => {}
  try {
    const written = transact(env, () => {
      putRecords(blocks, first.position, sealed)
      for (const { described } of units) {
        for (const [stream, state] of described) void metadata.put(stream, metadataRow(state))
      }
      if (index.isDue) forget = index.write()
    })
    // lmdb begins when this turn of the event loop has ended: what it has asked for comes first.
    setImmediate(told)
    await written
  } finally {
    told()
  }
  forget()
  for (const unit of units) for (const run of unit.runs) index.add(run)
  // Who is told of new metadata must find it, not the snapshot of an earlier read.
  if (units.some(({ described }) => described.size > 0)) env.resetReadTxn()
}

function onlyOnce(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
