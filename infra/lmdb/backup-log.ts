import { copyFileSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { LogUnavailable } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'

import { assertWholeFile, LMDB_FILE } from '#infra/lmdb/file-header.ts'
import { openForReading } from '#infra/lmdb/open-log.ts'
import { flush, replaceFile } from '#infra/lmdb/replace-file.ts'
import { lastOf } from '#infra/lmdb/blocks.ts'
import { type Verification, type VerifyOptions, verifyLog } from '#infra/lmdb/verify-log.ts'

/**
 * Copies a log, beside the server that writes it too: LMDB copies what was committed when the
 * copying began. The copy is then verified; a damaged one is removed and thrown as `LogDamaged`.
 */
export async function backupLog(
  path: string,
  folder: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (readdirSync(folder).length > 0) throw new LogUnavailable(`${folder} is not empty`)
  const tables = openForReading(path)
  try {
    await tables.env.backup(folder, false)
  } finally {
    await tables.env.close()
  }
  flush(join(folder, LMDB_FILE))
  flush(folder)
  const verified = await verifyFolder(folder, options)
  if (!verified.damage) return verified
  rmSync(join(folder, LMDB_FILE))
  throw verified.damage
}

/** The position of the last record of the log in a folder; `LOG_START` when there is no log. */
export async function headOf(path: string): Promise<number> {
  if (!existsSync(join(path, LMDB_FILE))) return LOG_START
  const tables = openForReading(path)
  try {
    return lastOf(tables.blocks)
  } finally {
    await tables.env.close()
  }
}

const INCOMING = 'incoming.mdb'

/**
 * Puts a backup in the place of the log. It is copied and verified first: a damaged one is thrown
 * as `LogDamaged` and the log is left as it was. Nobody may have the log open to write to it.
 * `beforeSwap` makes what stands beside the log fit it: a crash afterwards leaves the old log with
 * less beside it than it had, never a log with what belongs to another.
 */
export async function restoreLog(
  folder: string,
  path: string,
  options: VerifyOptions & { readonly beforeSwap?: (verified: Verification) => Promise<void> } = {},
): Promise<Verification> {
  if (!existsSync(join(folder, LMDB_FILE))) {
    throw new LogUnavailable(`there is no backup of a log in ${folder}`)
  }
  assertWholeFile(folder)
  const verified = await verifyFolder(folder, options)
  if (verified.damage) throw verified.damage
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const incoming = join(path, INCOMING)
  copyFileSync(join(folder, LMDB_FILE), incoming, constants.COPYFILE_FICLONE)
  await options.beforeSwap?.(verified)
  replaceFile(incoming, path)
  return verified
}

async function verifyFolder(folder: string, options: VerifyOptions): Promise<Verification> {
  const tables = openForReading(folder)
  try {
    return await verifyLog(tables, options)
  } finally {
    await tables.env.close()
  }
}
