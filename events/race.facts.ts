import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const file = z.string().min(1).max(512).describe('path below the release, with "/" between parts')
const crc32 = z.string().regex(/^[0-9a-f]{8}$/)
const sizeBytes = z.number().int().nonnegative()
const durationMs = z.number().nonnegative()
const member = z.string()
const group = z.string()

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
    1,
    z.object({
      file,
      uploadId: z.string(),
      group,
      sizeBytes,
      crc32,
      durationMs,
      verified: z.boolean().describe('an sfv lists it with this CRC32'),
      counted: z.boolean().describe('it counts for the standings'),
    }),
  ),
  'race.file-rejected': fact(
    1,
    z.object({
      file,
      uploadId: z.string(),
      sizeBytes,
      crc32,
      expectedCrc32: crc32.optional(),
      reason: z.enum(['crc-mismatch', 'empty-file', 'sfv-invalid']),
    }),
  ),
  /** A late sfv lists a file that was accepted before. */
  'race.file-verified': fact(1, z.object({ file })),
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
  'race.renamed': fact(1, z.object({ section: z.string(), release: z.string() })),
  'race.removed': fact(1, z.object({})),
}

export type RaceFact = FactOf<typeof raceFacts>
export type RaceDecided = DecidedOf<typeof raceFacts>
