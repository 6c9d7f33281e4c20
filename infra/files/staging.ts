import { copyFile, lstat, link, open, readdir, rename, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'

import type { SiteFileStat, StagedFile, StagedLeftover, StagedName } from '#events/site-files.ts'

import { errorCode, onDisk } from '#infra/files/disk-trouble.ts'
import { createStagedFile, reopenStagedFile } from '#infra/files/staged-file.ts'

const PART = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.part$/

/** The folder where uploads grow until they are accepted. */
export interface Staging {
  path(name: StagedName): string
  create(name: StagedName): Promise<StagedFile>
  secondName(from: StagedName, to: StagedName): Promise<void>
  reopen(name: StagedName, sizeBytes: number): Promise<StagedFile>
  stat(name: StagedName): Promise<SiteFileStat | undefined>
  moveTo(name: StagedName, path: string): Promise<boolean>
  discard(name: StagedName): Promise<void>
  list(): Promise<readonly StagedLeftover[]>
}

export function createStaging(folder: string, durability: 'fsync' | 'none'): Staging {
  const path = (name: StagedName): string => join(folder, partName(name))
  const syncDirectory = (): Promise<void> => syncFolder(folder)
  const options = { durability, syncDirectory }
  const stat = (name: StagedName): Promise<SiteFileStat | undefined> =>
    onDisk(async () => {
      const { size, mtimeMs } = await lstat(path(name))
      return { sizeBytes: size, modifiedAt: mtimeMs }
    }, undefined)

  return {
    path,
    stat,
    async create(name) {
      const staged = await createStagedFile(path(name), options)
      // The name outlives a power cut, so that an upload on record always has its file.
      if (durability === 'fsync') await onDisk(syncDirectory, undefined)
      return staged
    },
    async secondName(from, to) {
      await onDisk(() => linkOrCopy(path(from), path(to)), undefined)
      if (durability === 'fsync') await onDisk(syncDirectory, undefined)
    },
    async reopen(name, sizeBytes) {
      await onDisk(() => truncate(path(name), sizeBytes), undefined)
      return reopenStagedFile(path(name), sizeBytes, options)
    },
    moveTo: (name, target) =>
      onDisk(async () => {
        await rename(path(name), target)
        return true
      }, false),
    async discard(name) {
      await onDisk(() => rm(path(name), { force: true }), undefined)
    },
    async list() {
      const leftovers: StagedLeftover[] = []
      for (const file of await onDisk(() => readdir(folder), [])) {
        const [, race, uploadId] = PART.exec(file) ?? []
        if (!race || !uploadId) continue
        const found = await stat({ race, uploadId })
        if (found) leftovers.push({ race, uploadId, ...found })
      }
      return leftovers
    },
  }
}

/** Whether a process that shares the folder, each with a part of its own, has it staged. */
export async function isStagedBelow(folder: string, name: StagedName): Promise<boolean> {
  const folders = [folder]
  for (const entry of await onDisk(() => readdir(folder, { withFileTypes: true }), [])) {
    if (entry.isDirectory()) folders.push(join(folder, entry.name))
  }
  for (const each of folders) {
    if (await onDisk(() => lstat(join(each, partName(name))), undefined)) return true
  }
  return false
}

function partName({ race, uploadId }: StagedName): string {
  return `${race}.${uploadId}.part`
}

/** Some file systems, FAT and network ones among them, have no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (cause) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(cause) ?? '')) throw cause
    await copyFile(from, to)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
