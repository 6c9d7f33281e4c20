import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '#events/clock.ts'
import type { SiteMessages } from '#events/site-messages.ts'

import { errorCode } from '#infra/files/disk-trouble.ts'

export interface DiskSiteMessagesOptions {
  /** Holds `messages/<name>.txt`. */
  readonly dataDir: string
  readonly clock: Clock
}

/** A file is looked at again after that long. */
const GOOD_MS = 5_000
/** What is longer is cut. */
const TEXT_BYTES = 16_384
/** The names are those of sections. */
const NAME = /^[^/\\\0]{1,64}$/

/** The texts in a folder of this machine. A file that cannot be read is as one that is not there. */
export function createDiskSiteMessages({ dataDir, clock }: DiskSiteMessagesOptions): SiteMessages {
  const known = new Map<
    string,
    { readonly at: number; readonly text: Promise<string | undefined> }
  >()
  return {
    read(name) {
      if (!NAME.test(name) || name.startsWith('.')) return Promise.resolve(undefined)
      const now = clock.now()
      const last = known.get(name)
      if (last && now - last.at < GOOD_MS) return last.text
      const text = readText(join(dataDir, 'messages', `${name}.txt`))
      known.set(name, { at: now, text })
      return text
    },
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(TEXT_BYTES), 0, TEXT_BYTES, 0)
      const text = buffer.toString('utf8', 0, bytesRead).trimEnd()
      return text === '' ? undefined : text
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (ABSENT.has(errorCode(cause) ?? '')) return undefined
    throw cause
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EACCES'])
