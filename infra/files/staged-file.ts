import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import { DiskTrouble, type StagedFile } from '#events/site-files.ts'

import { diskTrouble } from '#infra/files/disk-trouble.ts'

/** Socket chunks are gathered to writes of about this size: fewer trips to the thread pool. */
const WRITE_BYTES = 512 * 1024
/** With more than this waiting for the disk, the sender waits. */
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
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let position = offsetBytes
  let trouble: DiskTrouble | undefined
  let writing: Promise<void> | undefined

  // One write at a time; what arrives meanwhile makes the next.
  const drain = async (): Promise<void> => {
    while (gatheredBytes > 0 && !trouble) {
      const chunks = gathered
      const bytes = gatheredBytes
      gathered = []
      gatheredBytes = 0
      try {
        await writeAll(handle, chunks, bytes, position)
        position += bytes
      } catch (cause) {
        trouble = diskTrouble(cause)
      }
    }
    writing = undefined
    if (trouble) throw trouble
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
    write(chunk) {
      if (trouble) return Promise.reject(trouble)
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes < WRITE_BYTES) return undefined
      const done = startWriting()
      return gatheredBytes > WAITING_BYTES ? done : undefined
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

/** A write may take fewer bytes than given, when the disk fills up for instance. */
async function writeAll(
  handle: FileHandle,
  chunks: Buffer[],
  bytes: number,
  position: number,
): Promise<void> {
  let { bytesWritten } = await handle.writev(chunks, position)
  if (bytesWritten === bytes) return
  const rest = Buffer.concat(chunks)
  while (bytesWritten < bytes) {
    const next = await handle.write(
      rest,
      bytesWritten,
      bytes - bytesWritten,
      position + bytesWritten,
    )
    if (next.bytesWritten === 0) throw new DiskTrouble('full', undefined)
    bytesWritten += next.bytesWritten
  }
}
