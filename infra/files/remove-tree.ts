import { readdir, rmdir, unlink } from 'node:fs/promises'

import { errorCode } from '#infra/files/disk-trouble.ts'
import { openDirectory } from '#infra/files/open-directory.ts'

/**
 * Removes a file, or a directory with all below it; nothing there will do. Unlike Node's own `rm`
 * it never goes through a symlink that takes a directory's name in the middle of it.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await unlink(path)
    return
  } catch (cause) {
    const code = errorCode(cause) ?? ''
    if (code === 'ENOENT') return
    if (!IS_DIRECTORY.has(code)) throw cause
  }
  await unlessGone(async () => {
    const directory = await openDirectory(path)
    try {
      for (const name of await readdir(directory.path)) await removeTree(directory.at(name))
    } finally {
      await directory.close()
    }
    await rmdir(path)
  })
}

/** Somebody else removes it too: what has gone by itself ends this directory, and no other. */
async function unlessGone(remove: () => Promise<void>): Promise<void> {
  try {
    await remove()
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause
  }
}

/** EPERM is what POSIX has; Linux says EISDIR. */
const IS_DIRECTORY = new Set(['EISDIR', 'EPERM'])
