import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { LMDB_FILE } from '#infra/lmdb/file-header.ts'

const LOCK_FILE = 'lock.mdb'

/**
 * Puts a new LMDB file in the place of the one in a folder, at once or not at all. Nobody may
 * have that one open to write to it; who reads it goes on reading the old one.
 */
export function replaceFile(newFile: string, folder: string): void {
  flush(newFile)
  renameSync(newFile, join(folder, LMDB_FILE))
  // It counts the transactions of the file that is gone; LMDB makes it again.
  rmSync(join(folder, LOCK_FILE), { force: true })
  flush(folder)
}

/** Resolves once a file, or the names within a folder, would survive a power cut. */
export function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
