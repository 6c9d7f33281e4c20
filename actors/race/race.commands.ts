import { z } from 'zod'

const file = z.string().min(1).max(512)
const sizeBytes = z.number().int().nonnegative()
const upload = { file, uploadId: z.uuid() }

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
  }),
  z.object({
    type: z.literal('race.finish-upload'),
    ...upload,
    /** Size of the whole file, resumed part included. */
    sizeBytes,
    /** CRC32 of the whole file, 8 lower-case hex digits. */
    crc32: z.string().regex(/^[0-9a-f]{8}$/),
    /** Time that the bytes of this transfer took. */
    durationMs: z.number().nonnegative(),
    /** The text of the file, when its name ends in `.sfv`. */
    sfvText: z.string().max(1_000_000).optional(),
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
}

export interface RacerTally {
  group: string
  files: number
  sizeBytes: number
  durationMs: number
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
}
