import { Readable } from 'node:stream'

import { DiskTrouble, type SiteFile } from '#events/site-files.ts'

const CHUNK_BYTES = 256 * 1024

/** A part of a file as a stream; `end` is the first byte that is not in it. */
export function streamOf(file: SiteFile, start: number, end: number): Readable {
  return Readable.from(chunksOf(file, start, end), { objectMode: false })
}

async function* chunksOf(file: SiteFile, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at))
    const bytes = await file.read(buffer, at)
    if (bytes === 0) return
    yield buffer.subarray(0, bytes)
    at += bytes
  }
}

/** The same file, of which a read that takes too long is the disk's failing. */
export function readWithin(file: SiteFile, lateMs: number): SiteFile {
  const read = async (buffer: Buffer, position: number): Promise<number> => {
    let late: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      const fail = () => reject(new DiskTrouble('failed', new Error('a read takes too long')))
      late = setTimeout(fail, lateMs)
    })
    try {
      return await Promise.race([file.read(buffer, position), tooLate])
    } finally {
      clearTimeout(late)
    }
  }
  return { sizeBytes: file.sizeBytes, read, close: () => file.close() }
}
