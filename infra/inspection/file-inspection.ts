import type { Clock } from '#events/clock.ts'
import type { FileInspection } from '#events/file-inspection.ts'

import { createTurns } from '#infra/hooks/turns.ts'
import { createAudioProcesses } from '#infra/inspection/audio-processes.ts'
import { readWithin } from '#infra/inspection/file-reader.ts'
import { inspectZip, type ZipLimits } from '#infra/inspection/inspect-zip.ts'

/** A file of a release is much smaller; a bomb unpacks to more than this. */
const ZIP_LIMITS: ZipLimits = { entries: 10_000, unpackedBytes: 8 * 2 ** 30, ms: 60_000 }

/** A process that reads tags for longer is ended. */
const AUDIO_MS = 5_000

/** What was written a moment ago is read at once, unless the disk is stuck. */
const READ_MS = 5_000

/** Inflating shares libuv's threads with the disk: some are left to it. */
const AT_ONCE = 2

/** Looks into files by `yauzl` and `music-metadata`, a few at a time. */
export function createFileInspection(
  clock: Pick<Clock, 'now'>,
  limits: Partial<ZipLimits & { readMs: number; audioMs: number }> = {},
): FileInspection {
  const { readMs = READ_MS, audioMs = AUDIO_MS, ...ofZips } = limits
  const zipLimits = { ...ZIP_LIMITS, ...ofZips }
  const turns = createTurns(AT_ONCE)
  const processes = createAudioProcesses(audioMs)
  return {
    zip: (file, isTested) =>
      turns.run(() => inspectZip(readWithin(file, readMs), isTested, zipLimits, () => clock.now())),
    audio: (file, name) => turns.run(() => processes.look(readWithin(file, readMs), name)),
  }
}
