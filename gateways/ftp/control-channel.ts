import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

import { plainAddress } from '#gateways/ftp/transfers/address.ts'
import { createLineDecoder, encodeReply, type FtpLine } from '#gateways/ftp/codec.ts'
import type { Reply } from '#gateways/ftp/replies.ts'
import type { TlsAcceptor } from '#gateways/ftp/tls.ts'

export interface ControlHandlers {
  line(line: FtpLine): void
  /** The client sends no more. */
  end(): void
  close(): void
}

/** The control connection: lines in, replies out. */
export interface ControlChannel {
  readonly localAddress: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly isSecured: boolean
  readonly isOpen: boolean
  readonly receivedBytes: number
  readonly sentBytes: number
  listen(handlers: ControlHandlers): void
  pause(): void
  resume(): void
  /** Resolves when the client has taken enough of it to go on, or is gone. */
  send(reply: Reply): Promise<void>
  /**
   * Says the reply in plain, if there is one, then goes on in TLS. What the client sent too early
   * is dropped, and so is what is sent to it before TLS is there.
   */
  secure(reply?: Reply): Promise<{ readonly protocol: string; readonly cipher: string }>
  /** Sends what is left and closes; a client that does not read is cut off by `destroy`. */
  end(): void
  destroy(): void
}

/** Decoded at a time: a pause takes hold before thousands of short lines are kept. */
const PIECE_BYTES = 512
const NOTHING = Buffer.alloc(0)

export function createControlChannel(raw: Socket, tls: TlsAcceptor): ControlChannel {
  let socket: Socket | TLSSocket = raw
  let decoder = createLineDecoder()
  let handlers: ControlHandlers | undefined
  let isSecured = false
  let isSecuring = false
  let isClosed = false
  let isPaused = false
  /** Bytes that came before the pause. */
  let kept: Buffer = NOTHING
  let hasClientEnded = false
  const localAddress = plainAddress(raw.localAddress)
  const remoteAddress = plainAddress(raw.remoteAddress)
  const remotePort = raw.remotePort ?? 0

  const deliver = (): void => {
    while (kept.length > 0 && !isPaused) {
      const piece = kept.subarray(0, PIECE_BYTES)
      kept = kept.subarray(piece.length)
      for (const line of decoder.push(piece)) handlers?.line(line)
    }
    if (kept.length === 0 && hasClientEnded) handlers?.end()
  }
  const onData = (bytes: Buffer): void => {
    kept = kept.length > 0 ? Buffer.concat([kept, bytes]) : bytes
    deliver()
  }
  const onEnd = (): void => {
    hasClientEnded = true
    if (kept.length === 0) handlers?.end()
  }
  const attach = (): void => {
    socket.on('data', onData)
    socket.on('end', onEnd)
  }
  const onClose = (): void => {
    if (isClosed) return
    isClosed = true
    handlers?.close()
  }
  // A reset is one way of closing: 'close' follows.
  raw.on('error', () => {})
  raw.on('close', onClose)
  raw.setNoDelay(true)
  raw.setKeepAlive(true, 60_000)

  const write = (bytes: Buffer): Promise<void> => {
    if (isClosed || !socket.writable || socket.write(bytes)) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('drain', resolve)
    raw.once('close', resolve)
    return promise.finally(() => {
      socket.off('drain', resolve)
      raw.off('close', resolve)
    })
  }

  return {
    localAddress,
    remoteAddress,
    remotePort,
    get isSecured() {
      return isSecured
    },
    get isOpen() {
      return !isClosed
    },
    get receivedBytes() {
      return raw.bytesRead
    },
    get sentBytes() {
      return raw.bytesWritten
    },
    listen(given) {
      handlers = given
      attach()
      if (isClosed) given.close()
    },
    pause() {
      isPaused = true
      socket.pause()
    },
    resume() {
      isPaused = false
      if (kept.length === 0) return void socket.resume()
      // Others have their turn first: one client may have sent thousands of commands at once.
      setImmediate(() => {
        if (kept.length === 0) return
        deliver()
        if (!isPaused) socket.resume()
      })
    },
    send: (reply) => (isSecuring ? Promise.resolve() : write(encodeReply(reply))),
    async secure(reply) {
      raw.pause()
      raw.off('data', onData)
      raw.off('end', onEnd)
      decoder = createLineDecoder()
      kept = NOTHING
      if (reply) await write(encodeReply(reply))
      isSecuring = true
      const secured = await tls.accept(raw)
      isSecuring = false
      socket = secured
      isSecured = true
      secured.on('error', () => raw.destroy())
      secured.on('close', onClose)
      attach()
      return {
        protocol: secured.getProtocol() ?? 'unknown',
        cipher: secured.getCipher().standardName,
      }
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}
