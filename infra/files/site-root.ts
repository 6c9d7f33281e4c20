import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'

import type { SiteLocation } from '#events/site-files.ts'

import {
  type OpenDirectory,
  openDirectory,
  openOrMakeDirectory,
} from '#infra/files/open-directory.ts'

/**
 * Turns locations into paths below one folder, and keeps whoever uses them below it: each
 * directory on the way is opened in the one above it, and is no symlink. What is put in its place
 * meanwhile, by somebody at the machine, is not looked at.
 */
export interface SiteRoot {
  /**
   * Runs with a path of the location that is good until then. Rejects with ENOENT when a directory
   * on the way is missing, unless it is to be made, and with ENOTDIR or ELOOP when something else
   * has its name. Throws a `RangeError` for parts that are no plain names.
   */
  within<T>(
    location: SiteLocation,
    use: (path: string) => Promise<T>,
    options?: { readonly makesDirectories?: boolean },
  ): Promise<T>
  /** The file at the location, opened for reading. */
  open(location: SiteLocation): Promise<FileHandle>
  /** The directory at the location, which may have no part: the root itself. */
  directory<T>(location: SiteLocation, use: (path: string) => Promise<T>): Promise<T>
  /** Makes a directory and those above it. */
  makeDirectory(location: SiteLocation): Promise<void>
}

export async function createSiteRoot(folder: string): Promise<SiteRoot> {
  await mkdir(folder, { recursive: true })
  const root = await realpath(folder)

  /** The directory of that name; the root itself, which nobody can swap, has no descriptor. */
  const enter = async (
    names: SiteLocation,
    step: (path: string) => Promise<OpenDirectory>,
  ): Promise<Pick<OpenDirectory, 'at' | 'close'>> => {
    let last: Pick<OpenDirectory, 'at' | 'close'> = {
      at: (name) => join(root, name),
      close: async () => {},
    }
    for (const name of names) {
      const above = last
      try {
        last = await step(above.at(name))
      } finally {
        await above.close()
      }
    }
    return last
  }

  const within: SiteRoot['within'] = async (location, use, { makesDirectories = false } = {}) => {
    const name = checked(location).at(-1)!
    const step = makesDirectories ? openOrMakeDirectory : openDirectory
    const directory = await enter(location.slice(0, -1), step)
    try {
      return await use(directory.at(name))
    } finally {
      await directory.close()
    }
  }

  return {
    within,
    open: (location) =>
      within(location, async (path) => {
        // O_NONBLOCK: opening a named pipe must not wait for its other end.
        const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        if ((await handle.stat()).isFile()) return handle
        await handle.close()
        throw Object.assign(new Error('not a plain file of the site'), { code: 'ENOENT' })
      }),
    async directory(location, use) {
      if (location.length > 0) checked(location)
      const directory = await enter(location, openDirectory)
      try {
        return await use(directory.at('.'))
      } finally {
        await directory.close()
      }
    },
    async makeDirectory(location) {
      const directory = await enter(checked(location), openOrMakeDirectory)
      await directory.close()
    },
  }
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants

function checked(location: SiteLocation): SiteLocation {
  if (location.length === 0) throw new RangeError('a location has at least one part')
  for (const part of location) {
    const isPlain = part !== '' && part !== '.' && part !== '..' && !/[/\\\0]/.test(part)
    if (!isPlain) throw new RangeError(`not a plain name: ${JSON.stringify(part)}`)
  }
  return location
}
