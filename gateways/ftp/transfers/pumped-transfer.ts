import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import type {
  DataPump,
  PumpedPart,
  PumpedTransfer,
  SecuredSocket,
  TlsServer,
} from '#events/data-pump.ts'
import { DiskTrouble, type SiteFile } from '#events/site-files.ts'

import type { FilePart } from '#gateways/site/transfers/download.ts'
import type { Upload } from '#gateways/site/transfers/upload.ts'
import { broken, type Progress } from '#gateways/ftp/transfers/progress.ts'

/** What is sent sooner than a pump is told of it. */
const SMALL_BYTES = 256 * 1024
/** So much may move before its progress is known here, and a new speed holds. */
const AHEAD_BYTES = 64 * 1024 * 1024

/** Whether a pump may send it: it has a descriptor, and is worth it. */
export function isPumpable(
  { descriptor }: SiteFile,
  { offsetBytes, endBytes }: Required<FilePart>,
): boolean {
  return descriptor !== undefined && endBytes - offsetBytes >= SMALL_BYTES
}

/**
 * Has the pump make TLS of a connection; undefined where it cannot. Rejects, with the socket
 * gone, when the handshake fails.
 */
export async function securePumped(
  data: Socket,
  pump: DataPump | undefined,
  as: TlsServer | 'client',
): Promise<SecuredSocket | undefined> {
  if (!pump?.secure || !isUntouched(data)) return undefined
  const secured = pump.secure(descriptorOf(data), as)
  // For good: what no transfer begins on goes with its connection.
  data.once('close', () => secured.stop())
  try {
    await secured.ready
  } catch (cause) {
    data.destroy()
    throw new Error('the TLS handshake failed', { cause })
  }
  return secured
}

/** Sends a part of a file by the pump; undefined where that cannot be, or is not worth it. */
export function sendPumped(
  data: Socket,
  file: SiteFile,
  sent: Required<FilePart>,
  progress: Progress,
): Promise<void> | undefined {
  const pump = pumpFor(data, progress)
  const { descriptor } = file
  if (!pump || descriptor === undefined || !isPumpable(file, sent)) return undefined
  return follow(data, progress, (part) => pump.send({ ...part, file: descriptor, ...sent }))
}

/** Receives an upload by the pump, up to its end; undefined where that cannot be. */
export function receivePumped(
  data: Socket,
  upload: Upload,
  progress: Progress,
): Promise<void> | undefined {
  const pump = pumpFor(data, progress)
  const { pumpTo } = upload
  if (!pump || !pumpTo) return undefined
  return follow(data, progress, (part) =>
    pump.receive({
      ...part,
      ...pumpTo,
      moved(bytes, crc32) {
        upload.pumped(bytes, crc32)
        part.moved(bytes, crc32)
      },
    }),
  )
}

/** Who may not go as fast as it goes is well served without a pump. */
function pumpFor(data: Socket, { pump, secured, chunkBytes }: Progress): DataPump | undefined {
  if (secured) return pump
  return chunkBytes === Number.POSITIVE_INFINITY && isUntouched(data) ? pump : undefined
}

/** What Node has read, or is about to, is Node's to go on with: its own TLS, for instance. */
function isUntouched(data: Socket): boolean {
  if (data instanceof TLSSocket || !data.isPaused()) return false
  return data.bytesRead === 0 && data.writableLength === 0 && descriptorOf(data) >= 0
}

/** Node has it on all systems but Windows; -1 when it is closed. */
function descriptorOf(data: Socket): number {
  // oxlint-disable-next-line no-underscore-dangle -- Node has no other name for it
  return (data as { _handle?: { readonly fd?: number } | null })._handle?.fd ?? -1
}

async function follow(
  data: Socket,
  progress: Progress,
  begin: (part: Pick<PumpedPart, 'socket' | 'grantedBytes' | 'moved'>) => PumpedTransfer,
): Promise<void> {
  let movedBytes = 0
  let waits = 0
  const grant = (): void => {
    const aheadBytes = Math.min(AHEAD_BYTES, progress.chunkBytes)
    if (waits === 0) pumped.grant(movedBytes + aheadBytes)
  }
  const pumped = begin({
    socket: progress.secured ?? descriptorOf(data),
    grantedBytes: Math.min(AHEAD_BYTES, progress.chunkBytes),
    moved(bytes) {
      movedBytes += bytes
      progress.handedOver?.(bytes)
      progress.moved(bytes)
      const pace = progress.paced(bytes)
      if (!pace) return grant()
      waits++
      void pace.then(() => {
        waits--
        grant()
      })
    },
  })
  const stop = (): void => pumped.stop()
  data.once('close', stop)
  if (data.destroyed) stop()
  try {
    await pumped.over
  } catch (cause) {
    throw cause instanceof DiskTrouble ? cause : broken(progress, cause)
  } finally {
    data.off('close', stop)
  }
  if (progress.abortedBecause !== undefined || data.destroyed) throw broken(progress)
}
