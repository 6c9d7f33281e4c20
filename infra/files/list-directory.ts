import { type Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { DiskEntry } from '#events/site-files.ts'

import { errorCode } from '#infra/files/disk-trouble.ts'

/** So many files are asked about at a time: the thread pool is for transfers too. */
const AT_ONCE = 2

/** What lies in a directory. A link is told as one, never followed. */
export async function listDirectory(path: string): Promise<DiskEntry[]> {
  const found = await readdir(path, { withFileTypes: true })
  const entries: DiskEntry[] = []
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = await Promise.all(found.slice(at, at + AT_ONCE).map((each) => entryOf(path, each)))
    for (const entry of some) if (entry) entries.push(entry)
  }
  return entries
}

/** Undefined for a file that has gone meanwhile. */
async function entryOf(folder: string, entry: Dirent): Promise<DiskEntry | undefined> {
  const { name } = entry
  const nothing = { name, sizeBytes: 0, modifiedAt: 0 }
  if (name.includes('\ufffd')) return { ...nothing, kind: 'other' }
  if (entry.isSymbolicLink()) return { ...nothing, kind: 'link' }
  if (entry.isDirectory()) return { ...nothing, kind: 'directory' }
  if (!entry.isFile()) return { ...nothing, kind: 'other' }
  try {
    const { size, mtimeMs } = await lstat(join(folder, name))
    return { name, kind: 'file', sizeBytes: size, modifiedAt: mtimeMs }
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
