import type { RaceCommand } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'
import { isAudio, isDiz, isZip } from '#events/release-kind.ts'
import type { SectionRules } from '#events/section-rules.ts'
import type { SiteFile, StagedName } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { rightsOf } from '#gateways/site/rights.ts'

type Finish = Extract<RaceCommand, { type: 'race.finish-upload' }>

/** What a file is found to be, and the rules by which its race judges that. */
export type Findings = Pick<Finish, 'zip' | 'dizText' | 'audio' | 'rules' | 'isOutsideStatistics'>

const DIZ_BYTES = 4_000

/** Looks into a file whose bytes are all here; nothing is decided by it. */
export async function inspectUpload(
  parts: SiteParts,
  caller: SiteCaller,
  name: StagedName,
  file: string,
): Promise<Findings> {
  const { section, release } = await parts.lookup.raceById(name.race)
  const rules = entryOf(await parts.lookup.sections(), section)
  const rights = await rightsOf(parts, caller)
  const isOutsideStatistics = rights.allows('nostats', {
    kind: 'inside',
    section,
    release,
    path: file,
  })
  return {
    ...(rules && { rules: raceRules(rules) }),
    ...(isOutsideStatistics && { isOutsideStatistics }),
    ...(await lookInto(parts, name, file, rules?.testsZips ?? false)),
  }
}

/** Those of a section's rules that a race decides by. */
export function raceRules(rules: SectionRules): NonNullable<Finish['rules']> {
  const { purpose, isSfvFirst, isNfoFirst, isOneNfo, testsZips, audio } = rules
  return { purpose, isSfvFirst, isNfoFirst, isOneNfo, testsZips, audio }
}

async function lookInto(
  { files, inspection }: SiteParts,
  name: StagedName,
  file: string,
  testsZips: boolean,
): Promise<Findings> {
  if (!isZip(file) && !isDiz(file) && !isAudio(file)) return {}
  const staged = await files.openStaged(name)
  if (!staged) return {}
  try {
    if (isDiz(file)) return { dizText: await textOf(staged) }
    if (isAudio(file)) {
      const audio = await inspection.audio(staged, file)
      return audio ? { audio } : {}
    }
    const { dizText, ...zip } = await inspection.zip(staged, testsZips)
    return dizText === null ? { zip } : { zip, dizText }
  } finally {
    await staged.close()
  }
}

async function textOf(file: SiteFile): Promise<string> {
  const buffer = Buffer.alloc(Math.min(DIZ_BYTES, file.sizeBytes))
  return decodeText(buffer.subarray(0, await file.read(buffer, 0)))
}

/** Old tools write names and texts in the code page of their machine. */
export function decodeText(bytes: Buffer): string {
  const isUtf8 = !bytes.toString('utf8').includes('\ufffd')
  return bytes.toString(isUtf8 ? 'utf8' : 'latin1')
}
