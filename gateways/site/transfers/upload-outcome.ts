import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { RaceFact, Rejection } from '#events/race.facts.ts'
import { Refusal } from '#events/refusal.ts'
import { isSfv } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'
import { DiskTrouble, type SiteFiles, type StagedName } from '#events/site-files.ts'

import { completeIntent } from '#gateways/site/intents.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

/**
 * Has sfvs decided on. They may take the place of others in their folders, which then leave the
 * disk: for each an intent is kept before, which does nothing to a file that the race still has.
 * Hold the lock of the race for yourself: nobody else brings such a file meanwhile.
 */
export async function replacingSfvs(
  parts: SiteParts,
  race: string,
  sfvs: readonly string[],
  context: () => CommandContext,
  decide: () => Promise<Receipt>,
): Promise<Receipt> {
  const { files, ids, logger } = parts
  const paths = sfvs.length === 0 ? [] : await replaceable(parts, race, sfvs)
  const kept = paths.map((path) => {
    return { id: ids.next(), intent: { kind: 'delete-file', race, path } as const }
  })
  for (const { id, intent } of kept) await files.keepIntent(id, intent)
  let receipt
  try {
    receipt = await decide()
  } catch (cause) {
    if (cause instanceof Refusal) for (const { id } of kept) await files.dropIntent(id)
    throw cause
  }
  for (const { id, intent } of kept) {
    try {
      await completeIntent(parts, intent, context)
      await files.dropIntent(id)
    } catch (cause) {
      if (!(cause instanceof DiskTrouble)) throw cause
      // What has been decided counts: the next start removes the file.
      logger.error({ err: cause, intent }, 'a replaced sfv is still on the disk')
    }
  }
  return receipt
}

async function replaceable(
  { lookup }: SiteParts,
  race: string,
  sfvs: readonly string[],
): Promise<readonly string[]> {
  const { context } = await lookup.raceById(race)
  const folders = new Set(sfvs.map(folderOf))
  return Object.keys(context.files).filter((path) => {
    return isSfv(path) && folders.has(folderOf(path)) && !sfvs.includes(path)
  })
}

/** Answers the id of the fact that says so. */
export async function assertAccepted(
  files: SiteFiles,
  name: StagedName,
  receipt: Receipt,
): Promise<string | undefined> {
  for (const fact of receipt.facts as readonly RaceFact[]) {
    if (fact.type === 'race.file-accepted' && fact.data.uploadId === name.uploadId) return fact.id
    if (fact.type !== 'race.file-rejected' || fact.data.uploadId !== name.uploadId) continue
    await files.discard(name)
    const { reason, crc32, expectedCrc32, words = WORDS[reason](fact.data) } = fact.data
    throw new Refusal(SITE_REFUSALS.fileRejected, words, { reason, crc32, expectedCrc32 })
  }
  return undefined
}

type Rejected = Extract<RaceFact, { type: 'race.file-rejected' }>['data']

/** Why a file is not taken, where its fact has no words for that. */
const WORDS: { readonly [R in Rejection]: (rejected: Rejected) => string } = {
  'crc-mismatch': ({ crc32, expectedCrc32 }) =>
    `Bad CRC32: the sfv lists ${expectedCrc32}, the file has ${crc32}.`,
  'empty-file': () => 'The file is empty.',
  'sfv-invalid': () => 'That is not a valid sfv.',
  'sfv-not-better': () => 'There is an sfv, and this one fits no more of the files.',
  'zip-broken': () => 'The zip is broken.',
  'zip-encrypted': () => 'The zip has a password.',
  'audio-not-allowed': () => 'That is not what the section takes.',
  'refused-by-script': () => 'A script of the site refuses it.',
}
