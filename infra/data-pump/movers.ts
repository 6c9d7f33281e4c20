import { constants } from 'node:os'

import type { PumpedWork, PumpTrouble } from '#infra/data-pump/pump-messages.ts'
import type { SystemCalls } from '#infra/data-pump/system-calls.ts'

/** Moves the bytes of one transfer, as many at a time as it is let. */
export interface Mover {
  /** Of what has been received. */
  readonly crc32: number
  /** What its socket has to be ready for. */
  readonly waitsFor: 'reading' | 'writing'
  /**
   * Moves bytes, `limitBytes` at most, and answers how many; or that it has to wait, or that
   * there are no more. Throws `PumpFailure`.
   */
  move(limitBytes: number): number | 'wait' | 'end'
}

export class PumpFailure extends Error {
  readonly trouble: PumpTrouble

  constructor(side: PumpTrouble['side'], call: string, errno: number) {
    super(`${call} failed with ${errno}`)
    this.trouble = { side, call, errno }
  }
}

const { EAGAIN, EINTR, ENOSPC } = constants.errno

type PlainWork = PumpedWork & { readonly socket: number }

/** The kernel sends from its own memory of the file: nothing is copied. */
export function createSender(calls: SystemCalls, work: PlainWork): Mover {
  const { socket, file, endBytes } = work
  const offset = new BigInt64Array([BigInt(work.offsetBytes)])
  return {
    crc32: 0,
    waitsFor: 'writing',
    move(limitBytes) {
      const left = endBytes - Number(offset[0])
      if (left <= 0) return 'end'
      const bytes = calls.sendfile(socket, file, offset, Math.min(left, limitBytes))
      if (bytes > 0) return bytes
      if (bytes === 0) return 'end'
      return waitOrFail(calls, 'connection', 'sendfile')
    },
  }
}

/** Memory that all transfers of a thread use in turns: nothing stays in it between two moves. */
export interface PumpMemory {
  /** As long as this is held, the memory stays where it is. */
  readonly bytes: Buffer
  readonly address: number
}

/** Each byte is looked at once, while it is still in the processor's cache. */
export function createReceiver(calls: SystemCalls, work: PlainWork, memory: PumpMemory): Mover {
  const { socket, file } = work
  let { crc32, offsetBytes } = work
  return {
    get crc32() {
      return crc32
    },
    waitsFor: 'reading',
    move(limitBytes) {
      const length = Math.min(limitBytes, memory.bytes.length)
      const bytes = calls.recv(socket, memory.address, length)
      if (bytes === 0) return 'end'
      if (bytes < 0) return waitOrFail(calls, 'connection', 'recv')
      crc32 = calls.crc32(crc32, memory.address, bytes)
      writeAll(calls, file, memory.address, bytes, offsetBytes)
      offsetBytes += bytes
      return bytes
    },
  }
}

export function writeAll(
  calls: SystemCalls,
  file: number,
  address: number,
  bytes: number,
  offset: number,
): void {
  for (let done = 0; done < bytes;) {
    const written = calls.pwrite(file, address + done, bytes - done, offset + done)
    if (written > 0) done += written
    else if (written === 0) throw new PumpFailure('disk', 'pwrite', ENOSPC)
    else if (calls.errno() !== EINTR) throw new PumpFailure('disk', 'pwrite', calls.errno())
  }
}

function waitOrFail(calls: SystemCalls, side: PumpTrouble['side'], call: string): 'wait' {
  const errno = calls.errno()
  if (errno === EAGAIN || errno === EINTR) return 'wait'
  // `sendfile` does not say whose fault it is.
  throw new PumpFailure(errno === constants.errno.EIO ? 'disk' : side, call, errno)
}
