import type { DiskTrace } from '#test/e2e/crash-points/disk-trace.ts'
import type { Random } from '#test/simulation/random.ts'

/**
 * What becomes of the bytes that no flush had covered when the power failed. `lost`: none of them
 * is on the disk. `torn`: some sectors are, of any of the writes. `kept`: all are, as after a
 * SIGKILL alone.
 */
export type Unflushed = 'lost' | 'torn' | 'kept'

/** A disk writes so many bytes at once or not at all. */
const SECTOR_BYTES = 512

/** The file as a disk has it after a power cut at a moment of the trace. */
export function imageAt(
  base: Buffer,
  trace: DiskTrace,
  cutAt: number,
  unflushed: Unflushed,
  random: Random,
): Buffer {
  const flushedUntil = Math.max(
    0,
    ...trace.syncs.filter(({ endedAt }) => endedAt < cutAt).map(({ begunAt }) => begunAt),
  )
  let image = Buffer.from(base)
  for (const { offset, bytes, isDurable, begunAt, endedAt } of trace.writes) {
    if (begunAt >= cutAt) continue
    const isSafe = endedAt < flushedUntil || (isDurable && endedAt < cutAt)
    for (const [from, to] of sectors(offset, bytes.length)) {
      const isThere = isSafe || unflushed === 'kept' || (unflushed === 'torn' && random.chance(0.5))
      if (!isThere) continue
      if (to > image.length) image = Buffer.concat([image, Buffer.alloc(to - image.length)])
      bytes.copy(image, from, from - offset, to - offset)
    }
  }
  return image
}

/** The parts of a write that lie in one sector each. */
function* sectors(offset: number, length: number): Iterable<readonly [number, number]> {
  const end = offset + length
  for (let from = offset; from < end;) {
    const to = Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES)
    yield [from, to]
    from = to
  }
}
