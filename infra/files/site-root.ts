import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'

import type { SiteLocation } from '#events/site-files.ts'

/** Turns locations into paths below one folder, and keeps whoever opens them below it. */
export interface SiteRoot {
  /** The path of a location. Throws a `RangeError` for parts that are no plain names. */
  path(location: SiteLocation): string
  /** Whether the way to the location, itself included, has directories and files alone. */
  isInside(location: SiteLocation): Promise<boolean>
  /** The file at the location, opened for reading without following a symlink anywhere. */
  open(location: SiteLocation): Promise<FileHandle>
}

export async function createSiteRoot(folder: string): Promise<SiteRoot> {
  await mkdir(folder, { recursive: true })
  const root = await realpath(folder)

  const path = (location: SiteLocation): string => {
    if (location.length === 0) throw new RangeError('a location has at least one part')
    for (const part of location) assertPlainName(part)
    return join(root, ...location)
  }
  const isInside = async (location: SiteLocation): Promise<boolean> => {
    for (let parts = 1; parts <= location.length; parts++) {
      const stat = await lstat(path(location.slice(0, parts))).catch(absent)
      if (!stat) return true
      const isPlain = stat.isDirectory() || (stat.isFile() && parts === location.length)
      if (!isPlain) return false
    }
    return true
  }
  return {
    path,
    isInside,
    async open(location) {
      // O_NONBLOCK: opening a named pipe must not wait for its other end.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      const handle = await open(path(location), flags)
      // O_NOFOLLOW guards the last part alone: the rest is checked on what is open now.
      const real = await realpath(path(location)).catch(absent)
      const isFile = (await handle.stat()).isFile()
      if (isFile && real === root + sep + location.join(sep)) return handle
      await handle.close()
      throw Object.assign(new Error('not a plain file of the site'), { code: 'ENOENT' })
    },
  }
}

function assertPlainName(part: string): void {
  const isPlain = part !== '' && part !== '.' && part !== '..' && !/[/\\\0]/.test(part)
  if (!isPlain) throw new RangeError(`not a plain name: ${JSON.stringify(part)}`)
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'ELOOP')
    return undefined
  throw cause
}
