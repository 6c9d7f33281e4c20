import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import { DiskTrouble, type StagedFile } from '#events/site-files.ts'

import { diskTrouble } from '#infra/files/disk-trouble.ts'

/**
 * Socket chunks are copied together to writes of this size: fewer trips to the thread pool, and
 * the chunks can be given up at once. Kept until the disk has them, they outlive the garbage
 * collector's first round, which costs more than to copy them.
 */
const WRITE_BYTES = 512 * 1024
/** Buffers that are kept for the next uploads, of all files together. */
const FREE_BUFFERS = 16
/** With more than this waiting for the disk, the sender waits until half of it is written. */
const WAITING_BYTES = 2 * 1024 * 1024

export interface StagedFileOptions {
  readonly durability: 'fsync' | 'none'
  /** Makes the file's name durable, after its bytes. */
  readonly syncDirectory: () => Promise<void>
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/** Creates the path, which must not be there, for writing. */
export function createStagedFile(path: string, options: StagedFileOptions): Promise<StagedFile> {
  return openForWriting(path, O_WRONLY | O_NOFOLLOW | O_CREAT | O_EXCL, 0, options)
}

/** Opens the path, which must be there, for writing from `offsetBytes` on. */
export function reopenStagedFile(
  path: string,
  offsetBytes: number,
  options: StagedFileOptions,
): Promise<StagedFile> {
  return openForWriting(path, O_WRONLY | O_NOFOLLOW, offsetBytes, options)
}

async function openForWriting(
  path: string,
  flags: number,
  offsetBytes: number,
  options: StagedFileOptions,
): Promise<StagedFile> {
  try {
    return gatherWrites(await open(path, flags, 0o644), offsetBytes, options)
  } catch (cause) {
    throw diskTrouble(cause)
  }
}

function gatherWrites(
  handle: FileHandle,
  offsetBytes: number,
  { durability, syncDirectory }: StagedFileOptions,
): StagedFile {
  let filling: Buffer | undefined
  let filledBytes = 0
  const full: Buffer[] = []
  let position = offsetBytes
  let trouble: DiskTrouble | undefined
  let writing: Promise<void> | undefined
  /** Whoever waits for room. */
  let room: PromiseWithResolvers<void> | undefined

  // One write at a time; what arrives meanwhile is gathered for the next.
  const drain = async (): Promise<void> => {
    while (!trouble) {
      const isWhole = full.length > 0
      const buffer = full.shift() ?? filling
      const bytes = isWhole ? WRITE_BYTES : filledBytes
      if (!buffer || bytes === 0) break
      if (!isWhole) filling = undefined
      if (!isWhole) filledBytes = 0
      try {
        await writeAll(handle, buffer, bytes, position)
        position += bytes
      } catch (cause) {
        trouble = diskTrouble(cause)
      }
      giveBuffer(buffer)
      if (!trouble && full.length * WRITE_BYTES <= WAITING_BYTES / 2) endWaiting()
    }
    writing = undefined
    endWaiting()
    if (trouble) throw trouble
  }
  const endWaiting = (): void => {
    if (trouble) room?.reject(trouble)
    else room?.resolve()
    room = undefined
  }
  const startWriting = (): Promise<void> => {
    if (!writing) {
      writing = drain()
      // Its failure is kept in `trouble` and met by the next call.
      writing.catch(() => {})
    }
    return writing
  }
  const close = (): Promise<void> => handle.close().catch(() => {})

  return {
    descriptor: handle.fd,
    write(chunk) {
      if (trouble) return Promise.reject(trouble)
      for (let taken = 0; taken < chunk.length;) {
        filling ??= takeBuffer()
        const copied = chunk.copy(filling, filledBytes, taken)
        taken += copied
        filledBytes += copied
        if (filledBytes < WRITE_BYTES) break
        full.push(filling)
        filling = undefined
        filledBytes = 0
      }
      if (full.length === 0) return undefined
      void startWriting()
      if (full.length * WRITE_BYTES <= WAITING_BYTES) return undefined
      room ??= Promise.withResolvers()
      return room.promise
    },
    async finish() {
      try {
        await startWriting()
        if (durability === 'fsync') {
          await handle.datasync()
          await syncDirectory()
        }
      } catch (cause) {
        throw diskTrouble(cause)
      }
    },
    async close() {
      // Bytes gathered so far belong to the partial file that a client may resume.
      await startWriting().catch(() => {})
      await close()
    },
  }
}

const freeBuffers: Buffer[] = []

function takeBuffer(): Buffer {
  return freeBuffers.pop() ?? Buffer.allocUnsafeSlow(WRITE_BYTES)
}

function giveBuffer(buffer: Buffer): void {
  if (freeBuffers.length < FREE_BUFFERS) freeBuffers.push(buffer)
}

/** A write may take fewer bytes than given, when the disk fills up for instance. */
async function writeAll(
  handle: FileHandle,
  buffer: Buffer,
  bytes: number,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes;) {
    const { bytesWritten } = await handle.write(buffer, done, bytes - done, position + done)
    if (bytesWritten === 0) throw new DiskTrouble('full', undefined)
    done += bytesWritten
  }
}
