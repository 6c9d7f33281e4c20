import { z } from 'zod'

import { type Audio, audio, REJECTIONS } from '#events/race.facts.ts'
import { sectionRules } from '#events/section-rules.ts'

const file = z.string().min(1).max(512)
const sizeBytes = z.number().int().nonnegative()
const crc32 = z.string().regex(/^[0-9a-f]{8}$/)
const upload = { file, uploadId: z.uuid() }
const reason = z.string().trim().min(1).max(200)

/** Of the section's rules those that a race decides by; what is not said is not asked. */
const rules = sectionRules
  .pick({
    purpose: true,
    isSfvFirst: true,
    isNfoFirst: true,
    isOneNfo: true,
    testsZips: true,
    audio: true,
  })
  .partial()
  .optional()

/** What a zip is found to be. */
const zip = z.object({ isWhole: z.boolean(), isEncrypted: z.boolean() })

/** Where the release lies; a race that is not yet recorded is created by its first command. */
const home = { section: z.string(), release: z.string() }

export const raceCommands = z.discriminatedUnion('type', [
  z.object({ type: z.literal('race.create'), ...home }),
  z.object({ type: z.literal('race.make-directory'), directory: file }),
  z.object({ type: z.literal('race.remove-directory'), directory: file }),
  z.object({
    type: z.literal('race.begin-upload'),
    ...home,
    ...upload,
    group: z.string(),
    /** Where in the file the bytes begin: above 0 for a resumed upload. */
    offsetBytes: sizeBytes,
    rules,
  }),
  z.object({
    type: z.literal('race.finish-upload'),
    ...upload,
    /** Size of the whole file, resumed part included. */
    sizeBytes,
    /** CRC32 of the whole file, 8 lower-case hex digits. */
    crc32,
    /** Time that the bytes of this transfer took. */
    durationMs: z.number().nonnegative(),
    /** The text of the file, when its name ends in `.sfv`. */
    sfvText: z.string().max(1_000_000).optional(),
    zip: zip.optional(),
    /** Of a `file_id.diz`: that file itself, or the one in a zip. */
    dizText: z.string().max(4_000).optional(),
    audio: audio.optional(),
    rules,
    /** What looked at the file does not want it: a script of the site. */
    rejection: z
      .object({ reason: z.enum(REJECTIONS), words: z.string().max(300).optional() })
      .optional(),
    /** It earns nothing. */
    isUncredited: z.boolean().optional(),
    /** It does not count in the statistics (glFTPd: nostats). */
    isOutsideStatistics: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('race.abort-upload'),
    ...upload,
    receivedBytes: sizeBytes,
    reason: z.string().max(200),
  }),
  z.object({ type: z.literal('race.delete-file'), file }),
  z.object({ type: z.literal('race.rename-file'), from: file, to: file }),
  z.object({ type: z.literal('race.rename'), ...home }),
  z.object({ type: z.literal('race.remove') }),
  /** Who sends those below has been asked about with the right of that name. */
  z.object({
    type: z.literal('race.nuke'),
    multiplier: z.number().int().min(0).max(1_000),
    reason,
    /** What a directory without files costs its maker. */
    emptyBytes: sizeBytes,
  }),
  z.object({ type: z.literal('race.unnuke'), reason }),
  /** The release with all that is in it. */
  z.object({ type: z.literal('race.wipe') }),
  /** A file, or a directory with all below it. */
  z.object({ type: z.literal('race.wipe-path'), path: file }),
  /** Out of a group's pre section into another one. */
  z.object({
    type: z.literal('race.publish'),
    group: z.string().min(1).max(64),
    section: z.string(),
  }),
  z.object({
    type: z.literal('race.touch-file'),
    file,
    modifiedAtMs: z.number().int().min(0).max(253_402_300_799_999),
  }),
  /** `path` empty: the release itself. */
  z.object({
    type: z.literal('race.set-mode'),
    path: z.string().max(512),
    mode: z.number().int().min(0).max(0o777),
  }),
  /**
   * What a look at the disk has found. A file that has changed is lost and found; of an sfv the
   * text is told too.
   */
  z.object({
    type: z.literal('race.reconcile'),
    lost: z.array(file).max(10_000),
    found: z
      .array(
        z.object({
          ...upload,
          sizeBytes,
          crc32,
          modifiedAtMs: z.number().int(),
          sfvText: z.string().max(1_000_000).optional(),
        }),
      )
      .max(10_000),
  }),
])

export type RaceCommand = z.output<typeof raceCommands>

/** Why a race says no. */
export const RACE_REFUSALS = {
  /** The file is there already, or being uploaded: fields `file`, `member`. */
  fileExists: 'file-exists',
  fileBusy: 'file-busy',
  noSuchFile: 'no-such-file',
  noSuchUpload: 'no-such-upload',
  noSuchRace: 'no-such-race',
  directoryExists: 'directory-exists',
  noSuchDirectory: 'no-such-directory',
  directoryNotEmpty: 'directory-not-empty',
  /** Only the owner or a siteop may: fields `file`, `member`. */
  notYours: 'not-yours',
  tooManyFiles: 'too-many-files',
  invalidName: 'invalid-name',
  /** Fields `reason`, `multiplier`. */
  nuked: 'nuked',
  notNuked: 'not-nuked',
  /** It is not what the command is for: an empty release is not published. */
  emptyRelease: 'empty-release',
  /** The section wants the sfv, or the nfo, before other files: field `file`. */
  sfvFirst: 'sfv-first',
  nfoFirst: 'nfo-first',
  /** The folder has an nfo: field `file`. */
  oneNfo: 'one-nfo',
  /** An sfv lists it with another CRC32: field `file`. */
  fileBad: 'file-bad',
  /** The sfv lists that name with another CRC32: fields `file`, `crc32`, `expectedCrc32`. */
  crcMismatch: 'crc-mismatch',
} as const

/** An accepted file. */
export interface AcceptedFile {
  uploadId: string
  member: string
  group: string
  sizeBytes: number
  crc32: string
  durationMs: number
  acceptedAtMs: number
  /** It counts for the standings. */
  counted: boolean
  /** An sfv that came later lists it with another CRC32: it may be replaced. */
  isBad: boolean
  /** It has not earned credits; absent: it has, where its uploader earns any. */
  isUncredited?: true
  isOutsideStatistics?: true
  /** What somebody has set it to; absent: when it was accepted. */
  modifiedAtMs?: number
}

export interface RunningUpload {
  uploadId: string
  member: string
  group: string
  connection: string | null
  startedAtMs: number
}

/** What an aborted upload left: its bytes can be resumed by the same member. */
export interface Partial {
  uploadId: string
  member: string
  receivedBytes: number
  leftAtMs: number
}

export interface RacerTally {
  group: string
  files: number
  sizeBytes: number
  durationMs: number
}

/** What a diz says of the zips in its folder, for as long as the file is here that brought it. */
export interface ZipSet {
  /** The diz, or the zip that it was in. */
  file: string
  expectedFiles: number
  /** Good zips that are here. */
  files: number
  text: string
}

/** What gateways may know of a race. Paths are below the release, with `/` between parts. */
export interface RaceContext {
  section: string
  release: string
  /** Who made the release. */
  maker: string
  directories: Record<string, true>
  files: Record<string, AcceptedFile>
  uploads: Record<string, RunningUpload>
  partials: Record<string, Partial>
  /** What the sfvs list: path to CRC32. */
  expected: Record<string, string>
  /** Path of each sfv to the paths that it brought. */
  sfvs: Record<string, string[]>
  racers: Record<string, RacerTally>
  /** By the folder. */
  zips: Record<string, ZipSet>
  expectedCount: number
  /** Of the expected files, how many are here and good. */
  doneCount: number
  fileCount: number
  /** Of the good files. */
  sizeBytes: number
  leader: string | null
  isStarted: boolean
  isHalfway: boolean
  /** When the first upload began. */
  firstUploadAtMs: number | null
  /** Path to what somebody has set; `''` is the release itself. */
  modes: Record<string, number>
  nuke: {
    fact: string
    by: string
    atMs: number
    multiplier: number
    reason: string
    /** What it was called before. */
    name: string
  } | null
  /** Whose release it is, and where it was before it was published. */
  published: { group: string; from: string; atMs: number } | null
  /** What the tags of the last audio file said. */
  audio: Audio | null
}
