import type { Socket } from 'node:net'

import type { SiteFile } from '#events/site-files.ts'

import type { FilePart } from '#gateways/site/transfers/download.ts'
import type { Pace } from '#gateways/site/transfers/pace.ts'
import type { Upload } from '#gateways/site/transfers/upload.ts'
import { broken, type Progress } from '#gateways/ftp/transfers/progress.ts'
import { receivePumped, sendPumped } from '#gateways/ftp/transfers/pumped-transfer.ts'
import type { Reply } from '#gateways/ftp/replies.ts'

/** What a transfer will do once its data connection is open. */
export interface TransferPlan {
  readonly direction: 'upload' | 'download' | 'listing'
  /** For STAT. */
  readonly name: string
  /** How fast its bytes may move; as fast as it goes when not said. */
  readonly pace?: Pace
  /** Whether a pump may move them, where there is one. */
  readonly isPumpable?: boolean
  /** Moves the bytes; its reply ends the transfer. */
  run(data: Socket, progress: Progress): Promise<Reply>
  /** There is no data connection: whatever was prepared is undone. */
  cancel(reason: string): Promise<void>
}

/** Resolves when the client has sent all. Rejects with `TransferBroken` or `DiskTrouble`. */
export async function receive(data: Socket, upload: Upload, progress: Progress): Promise<void> {
  const pumped = receivePumped(data, upload, progress)
  if (pumped) {
    await pumped
    data.end()
  } else {
    await receiveChunks(data, upload, progress)
  }
  // A client that dies ends its data connection as one that is done does, and its control
  // connection a moment later: without a checksum that is all there is to tell them apart.
  if (!(await upload.isAsListed())) await progress.settled()
  if (progress.abortedBecause !== undefined) throw broken(progress)
}

async function receiveChunks(data: Socket, upload: Upload, progress: Progress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const take = (chunk: Buffer): void => {
    progress.moved(chunk.length)
    const disk = upload.write(chunk)
    const pace = progress.paced(chunk.length)
    if (!disk && !pace) return
    data.pause()
    Promise.all([disk, pace]).then(() => data.resume(), reject)
  }
  data.on('data', take)
  data.once('end', () => {
    // TLS clients wait for the other side's close before they read the reply.
    data.end()
    resolve()
  })
  data.once('error', (cause) => reject(broken(progress, cause)))
  data.once('close', () => reject(broken(progress)))
  data.resume()
  try {
    await promise
  } finally {
    data.off('data', take)
  }
}

const SEND_BYTES = 256 * 1024
const SEND_BUFFERS = 3

/** Sends a part of a file. Resolves when all its bytes are with the system. */
export async function send(
  data: Socket,
  file: SiteFile,
  part: Required<FilePart>,
  progress: Progress,
): Promise<void> {
  await (sendPumped(data, file, part, progress) ?? sendChunks(data, file, part, progress))
  await end(data, progress)
}

async function sendChunks(
  data: Socket,
  file: SiteFile,
  { offsetBytes, endBytes }: Required<FilePart>,
  progress: Progress,
): Promise<void> {
  const chunkBytes = Math.min(SEND_BYTES, progress.chunkBytes)
  // A buffer is read into again when its bytes are with the system.
  const slots = Array.from({ length: SEND_BUFFERS }, () => ({
    buffer: Buffer.allocUnsafe(chunkBytes),
    sent: Promise.resolve(),
  }))
  let at = offsetBytes
  for (let turn = 0; ; turn++) {
    const slot = slots[turn % SEND_BUFFERS]!
    await slot.sent
    if (progress.abortedBecause !== undefined) throw broken(progress)
    const wanted = slot.buffer.subarray(0, Math.max(0, endBytes - at))
    const bytes = wanted.length === 0 ? 0 : await file.read(wanted, at)
    if (bytes === 0) break
    at += bytes
    const pace = progress.paced(bytes)
    if (pace) await pace
    if (progress.abortedBecause !== undefined) throw broken(progress)
    slot.sent = write(data, slot.buffer.subarray(0, bytes), progress)
    // It is met when its turn comes again, or below.
    slot.sent.catch(() => {})
  }
  await Promise.all(slots.map((slot) => slot.sent))
}

/** Sends bytes that are at hand. */
export async function sendBytes(data: Socket, bytes: Buffer, progress: Progress): Promise<void> {
  if (bytes.length > 0) await write(data, bytes, progress)
  await end(data, progress)
}

function write(data: Socket, bytes: Buffer, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    if (data.destroyed) return reject(broken(progress))
    progress.handedOver?.(bytes.length)
    data.write(bytes, (cause) => {
      if (cause) return reject(broken(progress, cause))
      progress.moved(bytes.length)
      resolve()
    })
  })
}

function end(data: Socket, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    data.once('close', () => reject(broken(progress)))
    data.once('finish', resolve)
    // A client has nothing to say here: what it says is read, so that its close is seen.
    data.resume()
    data.end()
  })
}
