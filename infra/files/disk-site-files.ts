import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'

import type { SiteFile, SiteFiles, SiteLocation } from '#events/site-files.ts'

import { diskTrouble, onDisk } from '#infra/files/disk-trouble.ts'
import { readIntents, removeIntent, sweepIntents, writeIntent } from '#infra/files/intents.ts'
import { createSiteRoot, type SiteRoot } from '#infra/files/site-root.ts'
import { createStaging } from '#infra/files/staging.ts'

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
  const stagingFolder = join(options.dataDir, 'staging', options.node ?? '')
  await mkdir(stagingFolder, { recursive: true, mode: 0o700 })
  const root = await createSiteRoot(join(options.dataDir, 'site'))
  const staging = createStaging(stagingFolder, options.durability)
  const isDurable = options.durability === 'fsync'

  return {
    stage: (name) => staging.create(name),
    restage: (from, to) => staging.secondName(from, to),
    reopen: (name, sizeBytes) => staging.reopen(name, sizeBytes),
    openStaged: (name) =>
      onDisk(async () => {
        const { O_RDONLY, O_NOFOLLOW } = constants
        return siteFile(await open(staging.path(name), O_RDONLY | O_NOFOLLOW))
      }, undefined),
    statStaged: (name) => staging.stat(name),
    async place(name, location) {
      await makeDirectory(root, location.slice(0, -1))
      return staging.moveTo(name, root.path(location))
    },
    discard: (name) => staging.discard(name),
    staged: () => staging.list(),

    open: (location) => onDisk(async () => siteFile(await root.open(location)), undefined),
    stat: (location) =>
      onDisk(async () => {
        if (!(await root.isInside(location))) return undefined
        const { size, mtimeMs } = await lstat(root.path(location))
        return { sizeBytes: size, modifiedAt: mtimeMs }
      }, undefined),
    makeDirectory: (location) => makeDirectory(root, location),
    async remove(location) {
      await assertInside(root, location.slice(0, -1))
      await onDisk(() => rm(root.path(location), { recursive: true, force: true }), undefined)
    },
    async move(from, to) {
      await assertInside(root, from.slice(0, -1))
      await makeDirectory(root, to.slice(0, -1))
      await onDisk(() => rename(root.path(from), root.path(to)), undefined)
    },

    keepIntent: (id, intent) => writeIntent(stagingFolder, id, intent, isDurable),
    dropIntent: (id) => removeIntent(stagingFolder, id),
    intents: () => readIntents(stagingFolder),
    sweepIntents: () => sweepIntents(stagingFolder),
  }
}

/** A write through a symlink would leave the site: somebody put it there by hand. */
async function assertInside(root: SiteRoot, location: SiteLocation): Promise<void> {
  if (location.length === 0 || (await root.isInside(location))) return
  throw diskTrouble(new Error(`a symlink is on the way to ${location.join('/')}`))
}

async function makeDirectory(root: SiteRoot, location: SiteLocation): Promise<void> {
  if (location.length === 0) return
  await assertInside(root, location)
  try {
    await mkdir(root.path(location), { recursive: true })
  } catch (cause) {
    throw diskTrouble(cause)
  }
}

async function siteFile(handle: FileHandle): Promise<SiteFile> {
  const { size } = await handle.stat()
  return {
    sizeBytes: size,
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
