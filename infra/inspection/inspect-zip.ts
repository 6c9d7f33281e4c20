import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'

import yauzl from 'yauzl'

import type { ZipReport } from '#events/file-inspection.ts'
import { DiskTrouble, type SiteFile } from '#events/site-files.ts'

import { decodeCp437 } from '#infra/inspection/cp437.ts'
import { streamOf } from '#infra/inspection/file-reader.ts'

/** A zip beyond these is not looked through: it counts as broken. */
export interface ZipLimits {
  readonly entries: number
  /** Of all files in it together, unpacked. */
  readonly unpackedBytes: number
  readonly ms: number
}

const DIZ_BYTES = 16 * 1024
const DIZ_CHARACTERS = 4_000
/** APPNOTE 4.4.5: stored, deflated. What else there is cannot be tested here. */
const TESTABLE = new Set([0, 8])
/** How often other work is let go on. */
const PAUSE_BYTES = 8 * 1024 * 1024

/**
 * Unpacks every file of a zip and compares checksums and sizes, with one chunk in memory. Inflating
 * runs on the threads of libuv.
 */
export async function inspectZip(
  file: SiteFile,
  isTested: boolean,
  limits: ZipLimits,
  now: () => number,
): Promise<ZipReport> {
  const budget = createBudget(limits, now)
  const report = { isWhole: true, isEncrypted: false, dizText: null as string | null }
  try {
    const reader = new SiteFileReader(file)
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, file.sizeBytes, {
      lazyEntries: true,
      autoClose: false,
      // The names are not used as paths, and old ones are not UTF-8.
      decodeStrings: false,
    })
    // As `unzip -t` says: nothing in it is nothing brought.
    if (zip.entryCount === 0) report.isWhole = false
    for await (const entry of zip.eachEntry()) {
      budget.entry()
      if (entry.isEncrypted()) report.isEncrypted = true
      const isDiz = isDizName(nameOf(entry))
      if (entry.isEncrypted() || !(isTested || isDiz)) continue
      const text = await testEntry(zip, entry, isDiz, budget)
      if (isDiz && report.dizText === null) report.dizText = text
    }
  } catch (cause) {
    if (cause instanceof DiskTrouble) throw cause
    report.isWhole = false
  }
  return report
}

/** Rejects when it is not what the zip says. Answers its text if that is wanted. */
async function testEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  isDiz: boolean,
  budget: Budget,
): Promise<string> {
  // Another way of packing, newer than most tools: the zip's own list has been read.
  if (!TESTABLE.has(entry.compressionMethod)) return ''
  const kept: Buffer[] = []
  let keptBytes = 0
  let sum = 0
  let bytes = 0
  const stream: Readable = await zip.openReadStreamPromise(entry)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sum = crc32(chunk, sum)
    bytes += chunk.length
    if (isDiz && keptBytes < DIZ_BYTES) {
      kept.push(chunk)
      keptBytes += chunk.length
    }
    await budget.spend(chunk.length)
  }
  if (sum !== entry.crc32 || bytes !== entry.uncompressedSize) {
    throw new Error('a file in the zip is not what it should be')
  }
  const whole = Buffer.concat(kept).subarray(0, DIZ_BYTES)
  return decodeCp437(whole).replaceAll('\u0000', ' ').slice(0, DIZ_CHARACTERS)
}

type Budget = ReturnType<typeof createBudget>

function createBudget({ entries, unpackedBytes, ms }: ZipLimits, now: () => number) {
  const until = now() + ms
  let entriesSeen = 0
  let bytesSeen = 0
  let sincePause = 0
  const assertTime = (): void => {
    if (now() > until) throw new Error('the zip takes too long')
  }
  return {
    entry(): void {
      if (++entriesSeen > entries) throw new Error('the zip has too many files')
      assertTime()
    },
    async spend(bytes: number): Promise<void> {
      bytesSeen += bytes
      if (bytesSeen > unpackedBytes) throw new Error('the zip is too large unpacked')
      assertTime()
      sincePause += bytes
      if (sincePause < PAUSE_BYTES) return
      sincePause = 0
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function nameOf(entry: yauzl.Entry): string {
  return entry.fileNameRaw.toString('latin1')
}

/** In the zip's own root: what lies deeper is packed, not told. */
function isDizName(name: string): boolean {
  return name.toLowerCase() === 'file_id.diz'
}

class SiteFileReader extends yauzl.RandomAccessReader {
  readonly #file: SiteFile

  constructor(file: SiteFile) {
    super()
    this.#file = file
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return streamOf(this.#file, start, end)
  }
}
