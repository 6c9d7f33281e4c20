import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const file = z.string().min(1).max(512).describe('path below the release, with "/" between parts')
const crc32 = z.string().regex(/^[0-9a-f]{8}$/)
const sizeBytes = z.number().int().nonnegative()
const durationMs = z.number().nonnegative()
const member = z.string()
const group = z.string()

const text = z.string().max(200).nullable()
const natural = z.number().int().nonnegative().nullable()

/** What the tags of an audio file say; null where they do not. */
export const audio = z.object({
  artist: text,
  album: text,
  title: text,
  genre: text,
  year: natural,
  track: natural,
  codec: text,
  kbps: natural,
  isVbr: z.boolean(),
  sampleRateHz: natural,
  /** Of playing it. */
  playMs: natural,
})
export type Audio = z.output<typeof audio>

const standing = z.object({
  member,
  group,
  files: z.number().int(),
  sizeBytes,
  /** Time spent transferring, summed over the files. */
  durationMs,
})

/** One racer's figures at a moment. */
export type Standing = z.output<typeof standing>

/** What is no record is left as it is: it cannot be folded, and must not stop who reads on. */
function creditedAlways(data: unknown): unknown {
  return typeof data === 'object' && data !== null
    ? { ...data, credited: true, inStatistics: true }
    : data
}

/** Why a file is not taken, though all its bytes are here. */
export const REJECTIONS = [
  'crc-mismatch',
  'empty-file',
  'sfv-invalid',
  /** An sfv is there, and this one fits no more of the files. */
  'sfv-not-better',
  'zip-broken',
  'zip-encrypted',
  'audio-not-allowed',
  'refused-by-script',
] as const
export type Rejection = (typeof REJECTIONS)[number]

/** A race is one release directory: who uploaded what, and how far it is. */
export const raceFacts = {
  'race.created': fact(1, z.object({ section: z.string(), release: z.string() })),
  'race.directory-made': fact(1, z.object({ directory: file })),
  'race.directory-removed': fact(1, z.object({ directory: file })),
  'race.upload-started': fact(
    1,
    z.object({ file, uploadId: z.string(), group, offsetBytes: sizeBytes }),
  ),
  'race.upload-aborted': fact(
    1,
    z.object({ file, uploadId: z.string(), receivedBytes: sizeBytes, reason: z.string() }),
  ),
  'race.sfv-added': fact(
    1,
    z.object({ file, entries: z.array(z.tuple([file, crc32])).describe('file and its CRC32') }),
  ),
  'race.file-accepted': fact(
    2,
    z.object({
      file,
      uploadId: z.string(),
      group,
      sizeBytes,
      crc32,
      durationMs,
      verified: z.boolean().describe('an sfv lists it with this CRC32'),
      counted: z.boolean().describe('it counts for the standings'),
      /** It earns credits. Shape 1 did not say: all did, and counted in the statistics. */
      credited: z.boolean(),
      inStatistics: z.boolean(),
    }),
    { 1: creditedAlways },
  ),
  'race.file-rejected': fact(
    2,
    z.object({
      file,
      uploadId: z.string(),
      sizeBytes,
      crc32,
      expectedCrc32: crc32.optional(),
      /** Shape 1 had the first three, and no words. */
      reason: z.enum(REJECTIONS),
      /** What is wrong, for people, where the reason does not say it all. */
      words: z.string().max(300).optional(),
    }),
    { 1: (data) => data },
  ),
  /** A late sfv lists a file that was accepted before. */
  'race.file-verified': fact(1, z.object({ file })),
  /** What an sfv lists as `listed` is here as `file`: the same but for the case of its letters. */
  'race.entry-matched': fact(1, z.object({ listed: file, file })),
  /** It was bad by an sfv that a better one has replaced: it is good after all. */
  'race.file-cleared': fact(
    1,
    z.object({
      file,
      member,
      group,
      sizeBytes,
      durationMs,
      crc32,
      counted: z.boolean(),
      credited: z.boolean(),
      inStatistics: z.boolean(),
    }),
  ),
  'race.file-marked-bad': fact(
    1,
    z.object({
      file,
      member,
      sizeBytes,
      durationMs,
      crc32,
      expectedCrc32: crc32,
      counted: z.boolean(),
    }),
  ),
  /** `member` had uploaded it; `counted`: until now it counted for the standings. */
  'race.file-deleted': fact(
    1,
    z.object({ file, member, sizeBytes, durationMs, counted: z.boolean() }),
  ),
  /** A better sfv takes the place of this one: what it alone listed is expected no longer. */
  'race.sfv-replaced': fact(
    1,
    z.object({ file, member, sizeBytes, durationMs, counted: z.boolean() }),
  ),
  /** A zip says how many there are in its folder (`''`: the release itself). */
  'race.diz-added': fact(
    1,
    z.object({
      file,
      folder: z.string().max(512),
      expectedFiles: z.number().int().min(1).max(9_999),
      text: z.string().max(4_000),
    }),
  ),
  'race.audio-tagged': fact(1, z.object({ file, ...audio.shape })),
  /** It is taken, and not as the section's rules want it. */
  'race.file-warned': fact(
    1,
    z.object({ file, member, code: z.string().max(64), words: z.string().max(300) }),
  ),
  /** In a speedtest section: measured, and thrown away. */
  'race.speed-tested': fact(
    1,
    z.object({ file, uploadId: z.string(), group, sizeBytes, durationMs }),
  ),
  /** Deleted by who may, with its credits left as they are. */
  'race.file-wiped': fact(
    1,
    z.object({ file, member, sizeBytes, durationMs, counted: z.boolean() }),
  ),
  /** A rescan has not found it on the disk. Its credits stay as they are. */
  'race.file-lost': fact(
    1,
    z.object({ file, member, sizeBytes, durationMs, counted: z.boolean() }),
  ),
  /** A rescan has found it on the disk: nobody has uploaded it, so nobody is credited. */
  'race.file-found': fact(
    1,
    z.object({
      file,
      uploadId: z.string(),
      sizeBytes,
      crc32,
      verified: z.boolean(),
      modifiedAtMs: z.number().int(),
    }),
  ),
  'race.file-touched': fact(1, z.object({ file, modifiedAtMs: z.number().int() })),
  /** `path` empty: the release itself. */
  'race.mode-set': fact(
    1,
    z.object({ path: z.string().max(512), mode: z.number().int().min(0).max(0o777) }),
  ),
  'race.file-renamed': fact(1, z.object({ from: file, to: file })),
  /** The first file of a release has arrived. */
  'race.started': fact(1, z.object({ member, group, expectedFiles: z.number().int() })),
  /** A further racer's first file has arrived. */
  'race.racer-joined': fact(1, z.object({ member, group, racers: z.number().int() })),
  'race.leader-changed': fact(
    1,
    z.object({ leader: standing, previous: standing.describe('the leader before') }),
  ),
  'race.halfway-reached': fact(
    1,
    z.object({
      filesDone: z.number().int(),
      expectedFiles: z.number().int(),
      sizeBytes,
      leader: standing,
    }),
  ),
  'race.completed': fact(
    1,
    z.object({
      files: z.number().int(),
      sizeBytes,
      /** From the first upload's start to the last file's acceptance. */
      durationMs,
      standings: z.array(standing).describe('best first'),
    }),
  ),
  'race.became-incomplete': fact(1, z.object({ missingFiles: z.number().int() })),
  /**
   * The credits for what each has brought are taken back, and so many times its size less one on
   * top of that; with the multiplier 0 nothing is.
   */
  'race.nuked': fact(
    1,
    z.object({
      multiplier: z.number().int().min(0),
      reason: z.string().max(200),
      /** What the release was called, and will be again when it is unnuked. */
      name: z.string().max(255),
      /** Who brought how much, at that moment. */
      nukees: z.array(z.object({ member, group, files: z.number().int(), sizeBytes })),
      /** A directory without files costs its maker so much. */
      empty: z.object({ member, sizeBytes }).nullable(),
    }),
  ),
  /** `nuke` is the id of the fact that is undone. */
  'race.unnuked': fact(1, z.object({ nuke: z.string(), reason: z.string().max(200) })),
  /** It has come out of its group's pre section; who brought what is credited now. */
  'race.published': fact(
    1,
    z.object({
      group,
      from: z.string(),
      to: z.string(),
      files: z.number().int(),
      sizeBytes,
      uploaders: z.array(z.object({ member, group, files: z.number().int(), sizeBytes })),
    }),
  ),
  'race.renamed': fact(1, z.object({ section: z.string(), release: z.string() })),
  'race.removed': fact(1, z.object({})),
  /** Removed with all that was in it; the credits stay as they are. */
  'race.wiped': fact(1, z.object({ files: z.number().int(), sizeBytes })),
}

export type RaceFact = FactOf<typeof raceFacts>
export type RaceDecided = DecidedOf<typeof raceFacts>
