import { constants } from 'node:os'

import { type Mover, PumpFailure, type PumpMemory, writeAll } from '#infra/data-pump/movers.ts'
import type { PumpedWork } from '#infra/data-pump/pump-messages.ts'
import type { SystemCalls } from '#infra/data-pump/system-calls.ts'
import type { TlsCalls } from '#infra/data-pump/tls-calls.ts'

const WANT_READ = 2
const WANT_WRITE = 3
const CLOSED = 6
const { EIO, EPROTO } = constants.errno

/** TLS over one socket. */
export interface TlsSession {
  readonly waitsFor: Mover['waitsFor']
  handshake(): 'done' | 'wait'
  read(address: number, length: number): number | 'wait' | 'end'
  write(address: number, length: number): number | 'wait'
  /** Says that no more will come. */
  close(): 'wait' | 'end'
  free(): void
}

export function createTlsSession(
  tls: TlsCalls,
  context: number,
  { socket, side }: { readonly socket: number; readonly side: 'server' | 'client' },
): TlsSession {
  const session = tls.newSession(context)
  tls.setSocket(session, socket)
  if (side === 'server') tls.accept(session)
  else tls.connect(session)
  let waitsFor: Mover['waitsFor'] = 'reading'
  const errorOf = (result: number): number => {
    const error = tls.errorOf(session, result)
    tls.forgetErrors()
    return error
  }
  const waitOrFail = (error: number, call: string): 'wait' => {
    if (error !== WANT_READ && error !== WANT_WRITE) {
      throw new PumpFailure('connection', call, EPROTO)
    }
    waitsFor = error === WANT_READ ? 'reading' : 'writing'
    return 'wait'
  }
  return {
    get waitsFor() {
      return waitsFor
    },
    handshake() {
      const result = tls.handshake(session)
      return result === 1 ? 'done' : waitOrFail(errorOf(result), 'SSL_do_handshake')
    },
    read(address, length) {
      const bytes = tls.read(session, address, length)
      if (bytes > 0) return bytes
      const error = errorOf(bytes)
      return error === CLOSED ? 'end' : waitOrFail(error, 'SSL_read')
    },
    write(address, length) {
      const bytes = tls.write(session, address, length)
      return bytes > 0 ? bytes : waitOrFail(errorOf(bytes), 'SSL_write')
    },
    close() {
      const result = tls.shutdown(session)
      if (result >= 0) return 'end'
      // Whoever is gone needs to be told nothing.
      return errorOf(result) === WANT_WRITE ? waitOrFail(WANT_WRITE, 'SSL_shutdown') : 'end'
    },
    free: () => tls.freeSession(session),
  }
}

export function createHandshake(session: TlsSession): Mover {
  return {
    crc32: 0,
    get waitsFor() {
      return session.waitsFor
    },
    move: () => (session.handshake() === 'done' ? 'end' : 'wait'),
  }
}

/** Records are gathered, so that there are few writes; each byte is still in the cache for both. */
export function createTlsReceiver(
  calls: SystemCalls,
  session: TlsSession,
  work: PumpedWork,
  memory: PumpMemory,
): Mover {
  let { crc32, offsetBytes } = work
  let failure: PumpFailure | undefined
  return {
    get crc32() {
      return crc32
    },
    get waitsFor() {
      return session.waitsFor
    },
    move(limitBytes) {
      const length = Math.min(limitBytes, memory.bytes.length)
      let bytes = 0
      let last: number | 'wait' | 'end' = 0
      if (failure) throw failure
      try {
        while (bytes < length && typeof last === 'number') {
          last = session.read(memory.address + bytes, length - bytes)
          if (typeof last === 'number') bytes += last
        }
      } catch (cause) {
        if (bytes === 0 || !(cause instanceof PumpFailure)) throw cause
        // What came before counts.
        failure = cause
      }
      // What it says without bytes it says again next time.
      if (bytes === 0) return last === 'end' ? session.close() : last
      crc32 = calls.crc32(crc32, memory.address, bytes)
      writeAll(calls, work.file, memory.address, bytes, offsetBytes)
      offsetBytes += bytes
      return bytes
    },
  }
}

/** The bytes that are tried again are read again: the memory has been others' meanwhile. */
export function createTlsSender(
  calls: SystemCalls,
  session: TlsSession,
  work: PumpedWork,
  memory: PumpMemory,
): Mover {
  const { file, endBytes } = work
  let at = work.offsetBytes
  return {
    crc32: 0,
    get waitsFor() {
      return session.waitsFor
    },
    move(limitBytes) {
      const wanted = Math.min(limitBytes, memory.bytes.length, endBytes - at)
      const length = wanted > 0 ? calls.pread(file, memory.address, wanted, at) : 0
      if (length < 0) {
        const errno = calls.errno()
        if (errno === constants.errno.EINTR) return 0
        throw new PumpFailure('disk', 'pread', errno || EIO)
      }
      if (length === 0) return session.close()
      let bytes = 0
      while (bytes < length) {
        const written = session.write(memory.address + bytes, length - bytes)
        if (written === 'wait') break
        bytes += written
      }
      at += bytes
      return bytes === 0 ? 'wait' : bytes
    },
  }
}
