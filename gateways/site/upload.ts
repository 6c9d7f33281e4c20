import { crc32 as updateCrc32 } from 'node:zlib'

import type { Receipt } from '#actors/kernel/host.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { SiteFiles, StagedFile, StagedName } from '#events/site-files.ts'

import { sendEventually } from '#gateways/kernel/send-eventually.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { sendRace } from '#gateways/site/intents.ts'
import type { TransferLease } from '#gateways/site/member-transfers.ts'
import type { Pace } from '#gateways/site/pace.ts'
import { lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { placeAccepted } from '#gateways/site/place.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

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

export interface FinishedUpload {
  readonly receipt: Receipt
  readonly sizeBytes: number
  readonly crc32: string
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
  const sfv = file.toLowerCase().endsWith('.sfv') ? createSfvText() : undefined
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
      return await parts.locks.shared(lockOfRace(race), async () => {
        const receipt = await sendRace(
          parts,
          race,
          {
            type: 'race.finish-upload',
            file,
            uploadId,
            sizeBytes,
            crc32,
            durationMs,
            ...(sfvText === undefined ? {} : { sfvText }),
          },
          caller.context(),
        )
        const accepted = await assertAccepted(parts.files, name, receipt)
        isAccepted = true
        if (accepted !== undefined) parts.freshUploads.accepted(caller.member.id, accepted)
        await placeAccepted(parts, name)
        return { receipt, sizeBytes, crc32 }
      })
    },
    abort: (reason) => end(reason, sizeBytes),
    discard: (reason) => end(reason, 0),
  }
}

/** Answers the id of the fact that says so. */
async function assertAccepted(
  files: SiteFiles,
  name: StagedName,
  receipt: Receipt,
): Promise<string | undefined> {
  for (const fact of receipt.facts as readonly RaceFact[]) {
    if (fact.type === 'race.file-accepted' && fact.data.uploadId === name.uploadId) return fact.id
    if (fact.type !== 'race.file-rejected' || fact.data.uploadId !== name.uploadId) continue
    await files.discard(name)
    const { reason, crc32, expectedCrc32 } = fact.data
    const words = {
      'crc-mismatch': `Bad CRC32: the sfv lists ${expectedCrc32}, the file has ${crc32}.`,
      'empty-file': 'The file is empty.',
      'sfv-invalid': 'That is not a valid sfv.',
    }[reason]
    throw new Refusal(SITE_REFUSALS.fileRejected, words, { reason, crc32, expectedCrc32 })
  }
  return undefined
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
      const whole = Buffer.concat(chunks)
      // Old tools write names in the code page of their machine.
      const isUtf8 = !whole.toString('utf8').includes('\ufffd')
      return whole.toString(isUtf8 ? 'utf8' : 'latin1')
    },
  }
}
