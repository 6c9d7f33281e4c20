/**
 * Moves bytes between a connection and a file in threads of its own, in the kernel where that can
 * be, so that they never pass through the event loop.
 *
 * Descriptors are duplicated when a transfer begins: their owners may close them at any time.
 */
export interface DataPump {
  /** Sends a part of a file. */
  send(part: PumpedPart & { readonly endBytes: number }): PumpedTransfer
  /** Writes all that comes until the other side ends, and continues a checksum over it. */
  receive(part: PumpedPart & { readonly crc32: number }): PumpedTransfer
  /** TLS on a connection whose bytes it then moves; not there where it cannot do that. */
  secure?(socket: number, as: TlsServer | 'client'): SecuredSocket
  /** Breaks off what is under way, and ends the threads. */
  stop(): Promise<void>
}

/** With what a handshake is done on the server's side; the texts are PEM. */
export interface TlsServer {
  readonly cert: string
  readonly key: string
  /** As Node's `ticketKeys` and `sessionIdContext`: a session of a context that has them goes on here. */
  readonly ticketKeys: Uint8Array
  readonly sessionIdContext: string
}

export interface SecuredSocket {
  /** Resolves when the handshake is done; rejects when it fails, or was stopped. */
  readonly ready: Promise<void>
  /** It is not needed any more. Transfers that have begun on it end by themselves. */
  stop(): void
}

export interface PumpedPart {
  /**
   * A descriptor that does not block, or what `secure` has made of one. Nobody else reads or
   * writes the connection meanwhile.
   */
  readonly socket: number | SecuredSocket
  readonly file: number
  /** Where in the file it begins. */
  readonly offsetBytes: number
  /** So many bytes may move before more are granted. */
  readonly grantedBytes: number
  /**
   * Bytes have moved since the last time: told within some milliseconds, and of the last ones
   * before `over` settles. `crc32` is that of all received bytes.
   */
  moved(bytes: number, crc32: number): void
}

export interface PumpedTransfer {
  /**
   * Resolves when all bytes are with the system, or all have come. Rejects when it was stopped,
   * with `DiskTrouble`, or with what the system says of a connection that broke.
   */
  readonly over: Promise<void>
  /** So many bytes may move in all. */
  grant(totalBytes: number): void
  /** No byte moves after the one that moves now. */
  stop(): void
}
