import type { Clock } from '#events/clock.ts'
import { entryOf } from '#events/records.ts'
import { DiskTrouble, type StagedName } from '#events/site-files.ts'

import { locationOf, type SiteParts } from '#gateways/site/parts.ts'

/**
 * The file has been accepted, and its bytes are not in their place. They stay staged: the
 * hourly look at what is staged places them, and so does the next start.
 */
export class NotPlaced extends Error {
  readonly code = 'not-placed'
}

const PAUSES_MS = [50, 200, 800]

/**
 * Moves an accepted upload to its place, with patience: once its fact is recorded its bytes
 * are the only ones there are. Rejects with `NotPlaced`. Hold the lock of the race.
 */
export async function placeAccepted(parts: SiteParts, name: StagedName): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await place(parts, name)
    } catch (cause) {
      const pauseMs = cause instanceof DiskTrouble ? PAUSES_MS[tries] : undefined
      if (pauseMs === undefined) {
        const words = `upload ${name.uploadId} of race ${name.race} is accepted and not in its place`
        throw new NotPlaced(words, { cause })
      }
      await pause(parts.clock, pauseMs)
    }
  }
}

/** Places what an earlier try has left; a disk that still does not let it is reported. */
export async function placeLeftover(parts: SiteParts, name: StagedName): Promise<void> {
  try {
    if (await parts.files.statStaged(name)) await place(parts, name)
  } catch (cause) {
    if (!(cause instanceof DiskTrouble)) throw cause
    parts.logger.error({ err: cause, ...name }, 'an accepted file is not in its place')
  }
}

/** The path that an upload has been accepted for, or undefined. */
export function pathOfUpload(
  record: Readonly<Record<string, { uploadId: string }>>,
  uploadId: string,
): string | undefined {
  return Object.keys(record).find((path) => entryOf(record, path)?.uploadId === uploadId)
}

async function place(parts: SiteParts, name: StagedName): Promise<void> {
  const found = await parts.lookup.raceById(name.race)
  const path = pathOfUpload(found.context.files, name.uploadId)
  // It has been deleted or replaced meanwhile: nobody asks for these bytes any more.
  if (path === undefined) return await parts.files.discard(name)
  if (await parts.files.place(name, locationOf(found, path))) return
  throw new DiskTrouble('failed', new Error(`what was staged for ${path} is not there`))
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}
