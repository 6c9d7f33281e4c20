import type { TlsServer } from '#events/data-pump.ts'

/** What a pump's thread is told. */
export type PumpOrder =
  | ({ readonly kind: 'secure' } & SecuringWork)
  | ({ readonly kind: 'begin' } & PumpedWork)
  | { readonly kind: 'grant'; readonly id: number; readonly grantedBytes: number }
  | { readonly kind: 'stop'; readonly id: number }

export interface PumpedWork {
  readonly id: number
  readonly direction: 'send' | 'receive'
  /** The thread's own, which it closes; or the `id` of a handshake that is done. */
  readonly socket: number | { readonly secured: number }
  readonly file: number
  readonly offsetBytes: number
  /** When sending: behind the last byte. */
  readonly endBytes: number
  readonly crc32: number
  readonly grantedBytes: number
}

/** It is kept after the handshake, for a transfer, until it is stopped. */
export interface SecuringWork {
  readonly id: number
  /** The thread's own, which it closes. */
  readonly socket: number
  readonly as: TlsServer | 'client'
}

/** What a pump's thread tells. */
export interface PumpReport {
  readonly id: number
  /** In all. */
  readonly movedBytes: number
  readonly crc32: number
  readonly end?: 'done' | 'stopped' | PumpTrouble
}

export interface PumpTrouble {
  readonly side: 'disk' | 'connection'
  readonly call: string
  readonly errno: number
}
