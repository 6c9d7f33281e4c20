import type { Receipt } from '#actors/kernel/host.ts'
import { Refusal } from '#events/refusal.ts'
import type { SiteFile } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { chargeDownload, type DownloadCharge } from '#gateways/site/transfers/download-charge.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'
import type { TransferLease } from '#gateways/site/transfers/member-transfers.ts'
import type { Pace } from '#gateways/site/transfers/pace.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf } from '#gateways/site/rights.ts'

/** A file on its way out. */
export interface Download {
  readonly race: string
  /** Path below the release. */
  readonly file: string
  readonly content: SiteFile
  /** Behind the last byte to be sent. */
  readonly endBytes: number
  /** How fast bytes may go. */
  readonly pace: Pace
  /** By the right `nostats`. */
  readonly isOutsideStatistics: boolean
  /** For the command that records what was sent, where that was paid for. */
  readonly recordId: string | undefined
  /**
   * It is over, after so many bytes: what was paid for the others is given back. Without a receipt
   * there is nothing to give back, or the log will be told later.
   */
  end(sentBytes: number): Promise<Receipt | undefined>
}

interface OpenedFile {
  readonly race: FoundRace
  /** Path below the release. */
  readonly file: string
  readonly content: SiteFile
}

/** From an offset up to another, or to the file's end. */
export interface FilePart {
  readonly offsetBytes: number
  readonly endBytes?: number
}

/** Takes a place among the member's transfers and what the file costs; or closes the file again. */
export async function startDownload(
  parts: SiteParts,
  caller: SiteCaller,
  path: SitePath,
  { race, file, content }: OpenedFile,
  part: FilePart,
): Promise<Download> {
  let lease: TransferLease | undefined
  let charge: DownloadCharge
  const { offsetBytes } = part
  const endBytes = Math.min(part.endBytes ?? content.sizeBytes, content.sizeBytes)
  try {
    if (offsetBytes > endBytes) {
      throw new Refusal(SITE_REFUSALS.invalidOffset, `The file has ${content.sizeBytes} bytes.`)
    }
    lease = await parts.memberTransfers.begin(caller, 'download', race.section)
    charge = await chargeDownload(parts, caller, {
      race: race.id,
      section: race.section,
      file,
      path: formatPath(path),
      sizeBytes: endBytes - offsetBytes,
    })
  } catch (cause) {
    lease?.end()
    await content.close()
    throw cause
  }
  const { pace, end } = lease
  const isOutsideStatistics = (await rightsOf(parts, caller)).allows('nostats', path)
  let ending: Promise<Receipt | undefined> | undefined
  return {
    race: race.id,
    file,
    content,
    endBytes,
    pace,
    isOutsideStatistics,
    recordId: charge.recordId,
    end(sentBytes) {
      ending ??= (async () => {
        end()
        await content.close()
        return await charge.settle(sentBytes)
      })()
      return ending
    },
  }
}
