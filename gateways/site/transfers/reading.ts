import type { SiteFile } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { type FoundRace, noSuchPath, notAFile } from '#gateways/site/lookup.ts'
import { assertNameAllowed } from '#gateways/site/releases/names.ts'
import { locationOf, type SiteParts } from '#gateways/site/parts.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { rightsOf } from '#gateways/site/rights.ts'

/** An accepted file whose bytes stay on the site. */
export interface ReadableFile {
  readonly sizeBytes: number
  /** As the race knows it, in eight lower-case hexadecimal digits. */
  readonly crc32: string
  /** Whoever opens it closes it. Rejects with `no-such-path` when it has gone meanwhile. */
  open(): Promise<SiteFile>
}

export interface SiteReading {
  /**
   * For who may download it, whom a checksum tells nothing new. It is no download: it costs
   * nothing and is not recorded.
   */
  readable(caller: SiteCaller, path: SitePath): Promise<ReadableFile>
}

export function createSiteReading(parts: SiteParts): SiteReading {
  return { readable: (caller, path) => findFile(parts, caller, path) }
}

export interface FoundFile extends ReadableFile {
  readonly race: FoundRace
  /** Path below the release. */
  readonly file: string
}

/** A file for who may download it. Rejects with a `Refusal`. */
export async function findFile(
  parts: SiteParts,
  caller: SiteCaller,
  path: SitePath,
): Promise<FoundFile> {
  const rights = await rightsOf(parts, caller)
  rights.assert('download', path)
  const node = await parts.lookup.node(path)
  if (node.kind === 'absent') throw noSuchPath(formatPath(path))
  if (node.kind !== 'file') throw notAFile(path)
  const { race, path: file } = node
  const { sizeBytes, crc32 } = node.file
  await assertNameAllowed(parts.lookup, path, 'fetched')
  const location = locationOf(race, file)
  return {
    race,
    file,
    sizeBytes,
    crc32,
    async open() {
      const content = await parts.files.open(location)
      if (!content) throw noSuchPath(formatPath(path))
      return content
    },
  }
}
