import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

import { plainAddress } from '#gateways/ftp/address.ts'
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

export function createControlChannel(raw: Socket, tls: TlsAcceptor): ControlChannel {
  let socket: Socket | TLSSocket = raw
  let decoder = createLineDecoder()
  let handlers: ControlHandlers | undefined
  let isSecured = false
  let isSecuring = false
  let isClosed = false
  const localAddress = plainAddress(raw.localAddress)
  const remoteAddress = plainAddress(raw.remoteAddress)
  const remotePort = raw.remotePort ?? 0

  const onData = (bytes: Buffer): void => {
    for (const line of decoder.push(bytes)) handlers?.line(line)
  }
  const onEnd = (): void => handlers?.end()
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
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    send: (reply) => (isSecuring ? Promise.resolve() : write(encodeReply(reply))),
    async secure(reply) {
      raw.pause()
      raw.off('data', onData)
      raw.off('end', onEnd)
      decoder = createLineDecoder()
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
