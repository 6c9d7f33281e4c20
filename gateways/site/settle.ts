import type { CommandContext } from '#actors/kernel/host.ts'
import type { StagedLeftover } from '#events/site-files.ts'

import { completeIntent, sendRace } from '#gateways/site/intents.ts'
import { lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { pathOfUpload, placeLeftover } from '#gateways/site/transfers/place.ts'

/**
 * Brings the disk in step with what the actors know, after a stop that nobody saw coming.
 * Run it before any gateway listens: it takes every upload that is open for a dead one.
 * Doing it again changes nothing.
 */
export async function settleSite(parts: SiteParts): Promise<void> {
  const context = (): CommandContext => ({
    by: null,
    connection: null,
    commandId: parts.ids.next(),
  })
  await parts.files.sweepIntents()
  for (const { id, intent } of await parts.files.intents()) {
    await completeIntent(parts, intent, context)
    await parts.files.dropIntent(id)
  }
  for (const staged of await parts.files.staged()) await settleStaged(parts, staged, context)
}

/** What is left of an upload: accepted, under way, kept for resuming, or nobody's. */
async function settleStaged(
  parts: SiteParts,
  staged: StagedLeftover,
  context: () => CommandContext,
): Promise<void> {
  const { race, uploadId } = staged
  const found = await parts.lookup.raceById(race)
  const { files, uploads, partials } = found.context
  if (pathOfUpload(files, uploadId) !== undefined) return await placeLeftover(parts, staged)
  const running = pathOfUpload(uploads, uploadId)
  if (running !== undefined) {
    await sendRace(
      parts,
      race,
      {
        type: 'race.abort-upload',
        file: running,
        uploadId,
        receivedBytes: staged.sizeBytes,
        reason: 'the server stopped',
      },
      context(),
    )
    if (staged.sizeBytes === 0) await parts.files.discard(staged)
    return
  }
  if (pathOfUpload(partials, uploadId) === undefined || isTooOld(parts, staged)) {
    await parts.files.discard(staged)
  }
}

/**
 * Removes what is left of uploads that nobody has resumed in time, and tries again to place
 * what has been accepted.
 */
export async function expirePartials(parts: SiteParts): Promise<void> {
  for (const staged of await parts.files.staged()) {
    const { uploads, files } = (await parts.lookup.raceById(staged.race)).context
    if (pathOfUpload(files, staged.uploadId) !== undefined) {
      const placing = () => placeLeftover(parts, staged)
      await parts.locks.exclusive([lockOfRace(staged.race)], placing)
      continue
    }
    const isRunning = pathOfUpload(uploads, staged.uploadId) !== undefined
    if (!isRunning && isTooOld(parts, staged)) await parts.files.discard(staged)
  }
}

function isTooOld({ clock, partialMaxAgeMs }: SiteParts, { modifiedAt }: StagedLeftover): boolean {
  return clock.now() - modifiedAt > partialMaxAgeMs
}
