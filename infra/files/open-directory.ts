import { constants, existsSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'

import { errorCode } from '#infra/files/disk-trouble.ts'

/** A directory that stays the one it was when it was opened, whatever takes its name. */
export interface OpenDirectory {
  /** The path of a name in it. Good until it is closed. */
  at(name: string): string
  readonly path: string
  close(): Promise<void>
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants

/**
 * Node has no `openat`. Linux resolves this to the open directory itself, so that a name below
 * it is looked up there. Elsewhere the path has to do: then a symlink that comes between two
 * steps is followed.
 */
const DESCRIPTORS = '/proc/self/fd'
const hasDescriptors = existsSync(DESCRIPTORS)

/** Rejects for a symlink with ELOOP or ENOTDIR. */
export async function openDirectory(path: string): Promise<OpenDirectory> {
  return opened(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path)
}

/** The same, for one that is made when it is not there. */
export async function openOrMakeDirectory(path: string): Promise<OpenDirectory> {
  try {
    return await openDirectory(path)
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause
  }
  await mkdir(path).catch((cause: unknown) => {
    if (errorCode(cause) !== 'EEXIST') throw cause
  })
  return await openDirectory(path)
}

function opened(handle: FileHandle, path: string): OpenDirectory {
  const own = hasDescriptors ? join(DESCRIPTORS, String(handle.fd)) : path
  return { path: own, at: (name) => join(own, name), close: () => handle.close() }
}
