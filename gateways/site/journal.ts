import type { Receipt } from '#actors/kernel/host.ts'
import { Refusal } from '#events/refusal.ts'
import { DiskTrouble, type SiteIntent } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { completeIntent } from '#gateways/site/intents.ts'
import type { SiteParts } from '#gateways/site/parts.ts'

export interface Change {
  readonly intent: SiteIntent
  /** Has the fact recorded. A refusal means that nothing has changed. */
  readonly record: () => Promise<Receipt>
}

/**
 * Keeps the intent, has the fact recorded, has the disk follow. The answer is the last receipt.
 */
export async function change(
  parts: SiteParts,
  locks: readonly string[],
  caller: SiteCaller,
  { intent, record }: Change,
): Promise<Receipt> {
  return await parts.locks.exclusive(locks, async () => {
    const id = parts.ids.next()
    await keepIntent(parts, id, intent)
    let receipt
    try {
      receipt = await record()
    } catch (cause) {
      if (cause instanceof Refusal) await parts.files.dropIntent(id)
      throw cause
    }
    const last = await completeIntent(parts, intent, () => caller.context())
    await parts.files.dropIntent(id)
    return last ?? receipt
  })
}

/**
 * What takes away goes on without an intent when the disk is full: it is how room is made. A
 * crash in between then leaves bytes that nobody lists, until something else takes their name.
 */
async function keepIntent({ files }: SiteParts, id: string, intent: SiteIntent): Promise<void> {
  try {
    await files.keepIntent(id, intent)
  } catch (cause) {
    const isFull = cause instanceof DiskTrouble && cause.problem === 'full'
    if (!isFull || !TAKES_AWAY.has(intent.kind)) throw cause
  }
}

const TAKES_AWAY: ReadonlySet<SiteIntent['kind']> = new Set([
  'delete-file',
  'remove-directory',
  'remove-release',
])
