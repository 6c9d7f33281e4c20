import { crc32 as updateCrc32 } from 'node:zlib'

import { isSfv } from '#events/release-kind.ts'
import type { SiteFiles, SiteLocation } from '#events/site-files.ts'

import { decodeText } from '#gateways/site/transfers/inspection.ts'

/** The longest sfv that a race reads, in bytes. */
const SFV_BYTES = 1_000_000
const READ_BYTES = 1024 * 1024

export interface FileContent {
  readonly sizeBytes: number
  /** In eight lower-case hexadecimal digits. */
  readonly crc32: string
  /** Of an sfv, unless it is longer than one may be. */
  readonly sfvText?: string
}

export interface Reading {
  isGivenUp(): boolean
  /** Waited for after each part, for a reader who is in no hurry. */
  readonly pause?: () => Promise<void>
}

/** Reads a file to its end. Undefined when it has gone, or when it is given up. */
export async function readContent(
  files: SiteFiles,
  location: SiteLocation,
  { isGivenUp, pause }: Reading,
): Promise<FileContent | undefined> {
  const content = await files.open(location)
  if (!content) return undefined
  const isText = isSfv(location.at(-1)!) && content.sizeBytes <= SFV_BYTES
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, content.sizeBytes)))
  const kept: Buffer[] = []
  let sizeBytes = 0
  let sum = 0
  try {
    for (;;) {
      if (isGivenUp()) return undefined
      const bytes = await content.read(buffer, sizeBytes)
      if (bytes === 0) break
      const chunk = buffer.subarray(0, bytes)
      sum = updateCrc32(chunk, sum)
      sizeBytes += bytes
      if (isText && sizeBytes <= SFV_BYTES) kept.push(Buffer.from(chunk))
      await pause?.()
    }
  } finally {
    await content.close()
  }
  const crc32 = sum.toString(16).padStart(8, '0')
  return { sizeBytes, crc32, ...(isText && { sfvText: decodeText(Buffer.concat(kept)) }) }
}
