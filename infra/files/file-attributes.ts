import { chmod, lstat } from 'node:fs/promises'

import type { SiteLocation } from '#events/site-files.ts'

import type { SiteRoot } from '#infra/files/site-root.ts'

/** What the server itself needs of a file, and of a directory. */
const OWN = { file: 0o600, directory: 0o700 }
/** Nobody else at the machine gets to write, whatever members say. */
const OTHERS = 0o755

export async function setTime(
  root: SiteRoot,
  location: SiteLocation,
  modifiedAt: number,
): Promise<boolean> {
  const handle = await root.open(location)
  try {
    await handle.utimes(modifiedAt / 1_000, modifiedAt / 1_000)
    return true
  } finally {
    await handle.close()
  }
}

/** Of a file or a directory. */
export async function setMode(
  root: SiteRoot,
  location: SiteLocation,
  mode: number,
): Promise<boolean> {
  const isDirectory = (await root.within(location, (path) => lstat(path))).isDirectory()
  if (isDirectory) {
    await root.directory(location, (path) => chmod(path, (mode & OTHERS) | OWN.directory))
    return true
  }
  const handle = await root.open(location)
  try {
    await handle.chmod((mode & OTHERS) | OWN.file)
    return true
  } finally {
    await handle.close()
  }
}
