import type { Receipt } from '#actors/kernel/host.ts'
import type { PathRight } from '#actors/policy/actions.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { folderOf } from '#events/release-paths.ts'
import type { StagedFile, StagedName } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { type Download, type FilePart, startDownload } from '#gateways/site/transfers/download.ts'
import { filesBeside } from '#gateways/site/transfers/files-beside.ts'
import { raceRules } from '#gateways/site/transfers/inspection.ts'
import { sendRace } from '#gateways/site/intents.ts'
import { type FoundRace, hasDirectory, noSuchPath, notAFile } from '#gateways/site/lookup.ts'
import type { Direction, TransferLease } from '#gateways/site/transfers/member-transfers.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, parentOf, type SitePath } from '#gateways/site/path.ts'
import { findFile } from '#gateways/site/transfers/reading.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf, type SiteRights } from '#gateways/site/rights.ts'
import { refuseStatusName } from '#gateways/site/changes.ts'
import { assertSectionTakes } from '#gateways/site/releases/section-takes.ts'
import { createUpload, type Upload } from '#gateways/site/transfers/upload.ts'

/** Where an upload's bytes begin: at an offset, or after what is left of an earlier one. */
export type UploadStart = { readonly offsetBytes: number } | 'append'

export interface SiteTransfers {
  /** The race decides whether the file may come, before its first byte. */
  beginUpload(caller: SiteCaller, path: SitePath, start: UploadStart): Promise<Upload>
  /** Rejects as `beginUpload` would by the rights and the section's rules, and begins nothing. */
  foreseeUpload(caller: SiteCaller, path: SitePath): Promise<void>
  /** A part of a file, paid for. Whoever gets it ends it. */
  openDownload(caller: SiteCaller, path: SitePath, part: FilePart): Promise<Download>
  /** Bytes that an aborted upload of the caller has left; undefined for whatever may not be told. */
  partialBytes(caller: SiteCaller, path: SitePath): Promise<number | undefined>
  /** Good files that lie beside a path: what need not be uploaded again. */
  filesBeside(caller: SiteCaller, path: SitePath): Promise<readonly string[]>
}

export function createSiteTransfers(parts: SiteParts): SiteTransfers {
  const { lookup, files, siteName, metrics } = parts

  /** What the caller can resume: the race knows whose it is, the disk how much. */
  const partialOf = async (caller: SiteCaller, race: FoundRace, file: string) => {
    const partial = entryOf(race.context.partials, file)
    if (!partial || partial.member !== caller.member.id) return undefined
    const name: StagedName = { race: race.id, uploadId: partial.uploadId }
    const stat = await files.statStaged(name)
    return stat && { name, sizeBytes: stat.sizeBytes }
  }

  const counted = async <T>(direction: Direction, beginning: Promise<T>): Promise<T> => {
    try {
      return await beginning
    } catch (cause) {
      if (cause instanceof Refusal) metrics.refused(direction, cause.code)
      throw cause
    }
  }

  const transfers: Pick<SiteTransfers, 'beginUpload' | 'openDownload'> = {
    async beginUpload(caller, path, start) {
      refuseStatusName(path, siteName)
      const rights = await rightsOf(parts, caller)
      const isResumed = start !== 'append' && start.offsetBytes > 0
      const race = await raceForUpload(parts, path, rights, isResumed ? 'resume' : 'upload')
      const { path: file } = insidePath(path)
      const partial = await partialOf(caller, race, file)
      const offsetBytes = start === 'append' ? (partial?.sizeBytes ?? 0) : start.offsetBytes
      // A file that is bad counts as missing: it is brought anew. A good one the race refuses.
      const isThere = entryOf(race.context.files, file) !== undefined
      const anew = isThere ? (['upload', 'overwrite'] as const) : 'upload'
      rights.assert(offsetBytes > 0 ? 'resume' : anew, path)
      if (offsetBytes > (partial?.sizeBytes ?? 0)) {
        const words = `Only ${partial?.sizeBytes ?? 0} bytes are here to resume.`
        throw new Refusal(SITE_REFUSALS.invalidOffset, words)
      }
      // What goes on takes the place of a bad file as well.
      if (isThere && offsetBytes > 0) rights.assert(anew, path)
      await assertSectionTakes(parts, caller, insidePath(path), race.id)
      await parts.siteHooks.beforeUpload(caller, path, offsetBytes)
      const name: StagedName = { race: race.id, uploadId: parts.ids.next() }
      const from = offsetBytes > 0 ? partial?.name : undefined
      const lease = await parts.memberTransfers.begin(caller, 'upload', race.section)
      const opening = { name, file, offsetBytes, from, lease }
      const upload = await openUpload(parts, caller, race, opening).catch((cause: unknown) => {
        lease.end()
        throw cause
      })
      if (partial) await files.discard(partial.name)
      return upload
    },
    async openDownload(caller, path, part) {
      const found = await findFile(parts, caller, path)
      const { race, file } = found
      const content = await found.open()
      return await startDownload(parts, caller, path, { race, file, content }, part)
    },
  }

  return {
    beginUpload: (...given) => counted('upload', transfers.beginUpload(...given)),
    openDownload: (...given) => counted('download', transfers.openDownload(...given)),
    async foreseeUpload(caller, path) {
      refuseStatusName(path, siteName)
      const race = await raceForUpload(parts, path, await rightsOf(parts, caller))
      await assertSectionTakes(parts, caller, insidePath(path), race.id)
    },
    async partialBytes(caller, path) {
      if (path.kind !== 'inside') return undefined
      const rights = await rightsOf(parts, caller)
      // Who may neither look nor go on is refused as by a path without anything of theirs.
      if (!TO_GO_ON.some((right) => rights.allows(right, path))) return undefined
      const race = await lookup.race(path.section, path.release)
      return race && (await partialOf(caller, race, path.path))?.sizeBytes
    },
    filesBeside: (caller, path) => filesBeside(parts, caller, path),
  }
}

/** Either is enough to ask how much of an upload is here. */
const TO_GO_ON = ['list', 'resume'] as const

/** One of them is asked for before it is looked at what is there. */
const TO_BRING = ['upload', 'resume', 'overwrite'] as const

/**
 * Rejects also when the caller may bring nothing there, and where its directory is not there; a
 * hidden path is as one without a race. `wanted` is the right by which a new file may begin.
 */
async function raceForUpload(
  { lookup }: SiteParts,
  path: SitePath,
  rights: SiteRights,
  wanted?: PathRight,
): Promise<FoundRace> {
  const name = formatPath(path)
  const sections = await lookup.sections()
  const isSection = (each: string) => entryOf(sections, each) !== undefined
  if (path.kind === 'root' || path.kind === 'section') {
    rights.assert(TO_BRING, path, { absent: filesNeedRelease() })
    const isThere = path.kind === 'root' || isSection(path.section)
    throw isThere ? notAFile(path) : filesNeedRelease()
  }
  const { section, release } = path
  const isInSection = isSection(section) && rights.sees({ kind: 'section', section })
  const absent = isInSection && path.kind === 'release' ? filesNeedRelease() : noSuchPath(name)
  const race = await lookup.race(section, release)
  const hasFolder =
    race !== undefined &&
    (path.kind === 'release' || hasDirectory(race.context, folderOf(path.path)))
  // In a directory that is seen to be there, a new file is refused by the right that it wants.
  const isLeaf = path.kind === 'inside' && hasFolder && rights.sees(parentOf(path))
  const isHiddenFile = isLeaf && !rights.sees(path)
  rights.assert(isHiddenFile && wanted ? wanted : TO_BRING, path, { absent })
  if (!race || !hasFolder) throw absent
  if (path.kind === 'release') throw notAFile(path)
  return race
}

/** Of a path that a race has been found for. */
function insidePath(path: SitePath): Extract<SitePath, { kind: 'inside' }> {
  if (path.kind === 'inside') return path
  throw notAFile(path)
}

function filesNeedRelease(): Refusal {
  const words = 'Files belong into a release directory: make one first.'
  return new Refusal(SITE_REFUSALS.filesNeedRelease, words)
}

interface Opening {
  readonly name: StagedName
  readonly file: string
  readonly offsetBytes: number
  /** The earlier upload that goes on. */
  readonly from: StagedName | undefined
  readonly lease: TransferLease
}

/**
 * The staged file comes before the fact: an upload on record always has one, by which
 * start-up finds it after a crash.
 */
async function openUpload(
  parts: SiteParts,
  caller: SiteCaller,
  { id: race, section, release }: FoundRace,
  { name, file, offsetBytes, from, lease }: Opening,
): Promise<Upload> {
  const { files } = parts
  const { uploadId } = name
  let staged: StagedFile | undefined
  if (from) await files.restage(from, name)
  else staged = await files.stage(name)
  let begun: Receipt
  try {
    begun = await sendRace(
      parts,
      race,
      {
        type: 'race.begin-upload',
        section,
        release,
        file,
        uploadId,
        group: caller.member.group,
        offsetBytes,
        rules: raceRules(await parts.lookup.rules(section)),
      },
      caller.context(),
    )
  } catch (cause) {
    await staged?.close()
    if (cause instanceof Refusal) await files.discard(name)
    throw cause
  }
  try {
    staged ??= await files.reopen(name, offsetBytes)
    return await createUpload(parts, caller, { ...name, file, begun, staged, offsetBytes, lease })
  } catch (cause) {
    await staged?.close()
    const reason = 'what was to be resumed cannot be read'
    const aborted = { type: 'race.abort-upload', file, uploadId, receivedBytes: 0, reason } as const
    await files.discard(name)
    await sendRace(parts, race, aborted, caller.context())
    throw cause
  }
}
