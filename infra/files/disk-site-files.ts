import { type FileHandle, lstat, mkdir, open, rename, statfs } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join, resolve } from 'node:path'

import type { SiteFile, SiteFiles } from '#events/site-files.ts'

import { diskTrouble, errorCode, onDisk } from '#infra/files/disk-trouble.ts'
import { readIntents, removeIntent, sweepIntents, writeIntent } from '#infra/files/intents.ts'
import { listDirectory } from '#infra/files/list-directory.ts'
import { removeTree } from '#infra/files/remove-tree.ts'
import { createSiteRoot } from '#infra/files/site-root.ts'
import { setMode, setTime } from '#infra/files/file-attributes.ts'
import { createStaging, isStagedBelow } from '#infra/files/staging.ts'

export interface DiskSiteFilesOptions {
  /** Holds `site/` and `staging/`, which must be on one file system. */
  readonly dataDir: string
  /** `fsync`: what was finished survives a power cut. `none`: a crash of this process alone. */
  readonly durability: 'fsync' | 'none'
  /**
   * The process, when several share the folder: what is under way lies in a part of `staging/`
   * of its own, so that none settles at its start what another is in the middle of.
   */
  readonly node?: string
}

/** The site's files in a folder of this machine. */
export async function createDiskSiteFiles(options: DiskSiteFilesOptions): Promise<SiteFiles> {
  // Absolute: scripts, which work elsewhere, are told of a path in it.
  const stagingFolder = resolve(options.dataDir, 'staging', options.node ?? '')
  await mkdir(stagingFolder, { recursive: true, mode: 0o700 })
  const root = await createSiteRoot(join(options.dataDir, 'site'))
  const staging = createStaging(stagingFolder, options.durability)
  const isDurable = options.durability === 'fsync'

  return {
    stage: (name) => staging.create(name),
    restage: (from, to) => staging.secondName(from, to),
    reopen: (name, sizeBytes) => staging.reopen(name, sizeBytes),
    stagedPath: (name) => staging.path(name),
    openStaged: (name) =>
      onDisk(async () => {
        const { O_RDONLY, O_NOFOLLOW } = constants
        return siteFile(await open(staging.path(name), O_RDONLY | O_NOFOLLOW))
      }, undefined),
    statStaged: (name) => staging.stat(name),
    isStagedAnywhere: (name) => isStagedBelow(join(options.dataDir, 'staging'), name),
    place: (name, location) =>
      changing(() =>
        root.within(location, (path) => staging.moveTo(name, path), { makesDirectories: true }),
      ),
    discard: (name) => staging.discard(name),
    staged: () => staging.list(),

    open: (location) => onDisk(async () => siteFile(await root.open(location)), undefined),
    stat: (location) =>
      onDisk(async () => {
        const stat = await root.within(location, (path) => lstat(path))
        if (!stat.isFile() && !stat.isDirectory()) return undefined
        return { sizeBytes: stat.size, modifiedAt: stat.mtimeMs }
      }, undefined),
    list: (location) => onDisk(() => root.directory(location, listDirectory), undefined),
    setTime: (location, modifiedAt) => onDisk(() => setTime(root, location, modifiedAt), false),
    setMode: (location, mode) => onDisk(() => setMode(root, location, mode), false),
    makeDirectory: (location) => changing(() => root.makeDirectory(location)),
    remove: (location) => changeThere(() => root.within(location, removeTree)),
    move: (from, to) =>
      changeThere(() =>
        root.within(from, (path) =>
          root.within(to, (target) => rename(path, target), { makesDirectories: true }),
        ),
      ),

    space: () =>
      changing(async () => {
        const { bsize, bavail, blocks } = await statfs(stagingFolder)
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
      }),

    keepIntent: (id, intent) => writeIntent(stagingFolder, id, intent, isDurable),
    dropIntent: (id) => removeIntent(stagingFolder, id),
    intents: () => readIntents(stagingFolder),
    sweepIntents: () => sweepIntents(stagingFolder),
  }
}

/** Changes what is there, if it is. A symlink on the way, put there by hand, is trouble. */
async function changeThere(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw diskTrouble(cause)
  }
}

async function changing<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    throw diskTrouble(cause)
  }
}

async function siteFile(handle: FileHandle): Promise<SiteFile> {
  const { size } = await handle.stat()
  return {
    sizeBytes: size,
    descriptor: handle.fd,
    async read(buffer, position) {
      try {
        return (await handle.read(buffer, 0, buffer.length, position)).bytesRead
      } catch (cause) {
        throw diskTrouble(cause)
      }
    },
    close: () => handle.close(),
  }
}
