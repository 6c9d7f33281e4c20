import type { Audio } from '#events/race.facts.ts'
import type { SiteFile } from '#events/site-files.ts'

/** What a zip is found to be. */
export interface ZipReport {
  /** Each file in it has been unpacked, and has the checksum and the size that it should have. */
  readonly isWhole: boolean
  readonly isEncrypted: boolean
  /** The first 4,000 characters of the `file_id.diz` in it; null without one. */
  readonly dizText: string | null
}

/**
 * Looks into files. Everything here has limits of size and time, holds no more than small parts
 * in memory, and lets other work go on. Rejects with `DiskTrouble` when the file cannot be read.
 */
export interface FileInspection {
  /** With `isTested` false only the list of its files is read. */
  zip(file: SiteFile, isTested: boolean): Promise<ZipReport>
  /** Its tags; undefined when it is no audio that can be read. `name` tells the format. */
  audio(file: SiteFile, name: string): Promise<Audio | undefined>
}
