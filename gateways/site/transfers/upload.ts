import { crc32 as updateCrc32 } from 'node:zlib'

import type { Receipt } from '#actors/kernel/host.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'
import { isSfv } from '#events/release-kind.ts'
import { Refusal } from '#events/refusal.ts'
import type { SiteFiles, StagedFile, StagedName } from '#events/site-files.ts'

import { sendEventually } from '#gateways/kernel/send-eventually.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import type { ReceivedUpload } from '#gateways/site/hooks.ts'
import { decodeText, inspectUpload } from '#gateways/site/transfers/inspection.ts'
import { sendRace } from '#gateways/site/intents.ts'
import type { TransferLease } from '#gateways/site/transfers/member-transfers.ts'
import type { Pace } from '#gateways/site/transfers/pace.ts'
import { lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { placeAccepted } from '#gateways/site/transfers/place.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { assertAccepted, replacingSfvs } from '#gateways/site/transfers/upload-outcome.ts'

/** One file on its way in. */
export interface Upload {
  readonly uploadId: string
  readonly race: string
  /** Path below the release. */
  readonly file: string
  /** The receipt of its beginning. */
  readonly begun: Receipt
  /** Bytes of the file so far, a resumed part included. */
  readonly sizeBytes: number
  /** How fast bytes may come. */
  readonly pace: Pace
  /**
   * Takes a chunk, which must not change afterwards. An answer asks the sender to wait for it.
   * Rejects with `DiskTrouble`; then `discard` is what is left to do.
   */
  write(chunk: Buffer): Promise<void> | undefined
  /** Where all bytes may be written without `write`; undefined where each has to be seen. */
  readonly pumpTo: PumpTarget | undefined
  /** They have been; `crc32` is that of all. */
  pumped(bytes: number, crc32: number): void
  /** Whether what is here so far has the checksum that an sfv lists for the file. */
  isAsListed(): Promise<boolean>
  /**
   * The whole file is here. Rejects with the refusal `file-rejected` when it is not good, and
   * with `NotPlaced` when it is, but cannot be put in its place yet.
   */
  finish(): Promise<FinishedUpload>
  /**
   * The rest will not come: what is here can be resumed. Without a receipt, the log cannot take
   * it now and will be told later.
   */
  abort(reason: string): Promise<Receipt | undefined>
  /** What is here is of no use, unless it has been accepted. */
  discard(reason: string): Promise<Receipt | undefined>
}

export interface PumpTarget {
  readonly file: number
  readonly offsetBytes: number
  /** Of the bytes before. */
  readonly crc32: number
}

export interface FinishedUpload {
  readonly receipt: Receipt
  readonly sizeBytes: number
  readonly crc32: string
  /** What the operator's scripts have written. */
  readonly lines: readonly string[]
}

export interface OpenedUpload extends StagedName {
  readonly file: string
  readonly begun: Receipt
  readonly staged: StagedFile
  readonly offsetBytes: number
  readonly lease: TransferLease
}

/** The longest sfv that a race reads, in bytes. */
const SFV_BYTES = 1_000_000
const REHASH_BYTES = 1024 * 1024

/** Gives an upload whose beginning is recorded its life: bytes, checksum, end. */
export async function createUpload(
  parts: SiteParts,
  caller: SiteCaller,
  opened: OpenedUpload,
): Promise<Upload> {
  const { race, uploadId, file, staged, offsetBytes, lease } = opened
  const name: StagedName = { race, uploadId }
  const sfv = isSfv(file) ? createSfvText() : undefined
  const startedAt = parts.clock.now()
  let lastByteAt = startedAt
  let sizeBytes = offsetBytes
  let crc = 0
  let isAccepted = false
  const crcText = (): string => crc.toString(16).padStart(8, '0')
  if (offsetBytes > 0) {
    // The checksum so far is not known: what is on the disk is what counts.
    await readStaged(parts.files, name, offsetBytes, (chunk) => {
      crc = updateCrc32(chunk, crc)
      sfv?.add(chunk)
    })
  }

  const end = async (reason: string, receivedBytes: number): Promise<Receipt | undefined> => {
    lease.end()
    await staged.close()
    if (receivedBytes === 0 && !isAccepted) await parts.files.discard(name)
    const abort = { type: 'race.abort-upload', file, uploadId, receivedBytes } as const
    const command: RaceCommand = { ...abort, reason: reason.slice(0, 200) }
    return await sendEventually(parts, { kind: 'race', id: race }, command, caller.context())
  }

  const withLock = <T>(isExclusive: boolean, run: () => Promise<T>): Promise<T> => {
    const { exclusive, shared } = parts.locks
    return isExclusive ? exclusive([lockOfRace(race)], run) : shared(lockOfRace(race), run)
  }

  return {
    uploadId,
    race,
    file,
    begun: opened.begun,
    pace: lease.pace,
    get sizeBytes() {
      return sizeBytes
    },
    write(chunk) {
      lastByteAt = parts.clock.now()
      crc = updateCrc32(chunk, crc)
      sizeBytes += chunk.length
      sfv?.add(chunk)
      return staged.write(chunk)
    },
    get pumpTo() {
      if (sfv || staged.descriptor === undefined) return undefined
      return { file: staged.descriptor, offsetBytes: sizeBytes, crc32: crc }
    },
    pumped(bytes, crc32) {
      lastByteAt = parts.clock.now()
      crc = crc32
      sizeBytes += bytes
    },
    async isAsListed() {
      const { expected } = (await parts.lookup.raceById(race)).context
      return entryOf(expected, file) === crcText()
    },
    async finish() {
      lease.end()
      const durationMs = Math.max(0, lastByteAt - startedAt)
      const crc32 = crcText()
      const sfvText = sfv?.text()
      await staged.finish()
      await staged.close()
      const { isVetoed, lines } = await askAfterUpload(parts, caller, name, {
        file,
        sizeBytes,
        receivedBytes: sizeBytes - offsetBytes,
        crc32,
        durationMs,
      })
      const findings = await inspectUpload(parts, caller, name, file)
      return await withLock(sfv !== undefined, async () => {
        const command: RaceCommand = {
          type: 'race.finish-upload',
          file,
          uploadId,
          sizeBytes,
          crc32,
          durationMs,
          ...findings,
          ...(sfvText === undefined ? {} : { sfvText }),
          ...(isVetoed && { rejection: { reason: 'refused-by-script', words: wordsOf(lines) } }),
        }
        const context = () => caller.context()
        const receipt = await replacingSfvs(parts, race, sfv ? [file] : [], context, () =>
          sendRace(parts, race, command, context()),
        )
        const accepted = await assertAccepted(parts.files, name, receipt)
        isAccepted = true
        if (accepted !== undefined) parts.freshUploads.accepted(caller.member.id, accepted)
        await placeAccepted(parts, name)
        return { receipt, sizeBytes, crc32, lines }
      })
    },
    abort: (reason) => end(reason, sizeBytes),
    discard: (reason) => end(reason, 0),
  }
}

/** The bytes are on the disk, and not accepted yet: here a script may still refuse them. */
async function askAfterUpload(
  { lookup, files, siteHooks }: SiteParts,
  caller: SiteCaller,
  name: StagedName,
  received: Omit<ReceivedUpload, 'section' | 'release' | 'stagedPath'>,
) {
  if (!siteHooks.concerns('upload.after')) return { isVetoed: false, lines: [] }
  const { section, release } = await lookup.raceById(name.race)
  const stagedPath = files.stagedPath(name)
  return await siteHooks.afterUpload(caller, { ...received, section, release, stagedPath })
}

/** What a fact keeps of it. */
function wordsOf(lines: readonly string[]): string {
  return lines.join(' ').trim().slice(0, 300) || 'A script of the site refuses it.'
}

async function readStaged(
  files: SiteFiles,
  name: StagedName,
  sizeBytes: number,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const file = await files.openStaged(name)
  if (!file) throw new Refusal(SITE_REFUSALS.invalidOffset, 'There is nothing to resume.')
  const buffer = Buffer.allocUnsafe(REHASH_BYTES)
  try {
    for (let at = 0; at < sizeBytes;) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, sizeBytes - at))
      const bytes = await file.read(wanted, at)
      if (bytes === 0) {
        throw new Refusal(SITE_REFUSALS.invalidOffset, 'Less than that is left to resume.')
      }
      take(wanted.subarray(0, bytes))
      at += bytes
    }
  } finally {
    await file.close()
  }
}

/** Keeps the bytes of an sfv, up to what a race reads. */
function createSfvText() {
  const chunks: Buffer[] = []
  let bytes = 0
  return {
    add(chunk: Buffer): void {
      bytes += chunk.length
      if (bytes <= SFV_BYTES) chunks.push(Buffer.from(chunk))
    },
    text(): string {
      if (bytes > SFV_BYTES) {
        throw new Refusal(SITE_REFUSALS.sfvTooLong, `An sfv has at most ${SFV_BYTES} bytes.`)
      }
      return decodeText(Buffer.concat(chunks))
    },
  }
}
