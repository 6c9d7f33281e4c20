import type { DataPump, SecuredSocket } from '#events/data-pump.ts'

/** How far a transfer is. */
export interface Progress {
  /** Moves big files past the event loop, where there is such a thing. */
  readonly pump: DataPump | undefined
  /** The data connection is TLS that the pump has made, and alone can read and write. */
  readonly secured: SecuredSocket | undefined
  /** Counts bytes and keeps the session awake. */
  moved(bytes: number): void
  /** Bytes are on their way: when the connection breaks, nobody knows how many have arrived. */
  handedOver?(bytes: number): void
  /** Why the transfer has been told to end, if it has. */
  readonly abortedBecause: string | undefined
  /** Bytes to move at a time: the member may go no faster. */
  readonly chunkBytes: number
  /** Counts bytes for the member's speed; an answer is there when the next ones have to wait. */
  paced(bytes: number): Promise<void> | undefined
  /**
   * Resolves when the client has had the time to end its control connection too, or when it
   * is known to be alive.
   */
  settled(): Promise<void>
}

/** The data connection broke, or was broken off, before the end. */
export class TransferBroken extends Error {
  readonly code = 'transfer-broken'
}

/** Why a transfer has ended before its end. */
export function broken(progress: Progress, cause?: unknown): TransferBroken {
  const words = progress.abortedBecause ?? 'The data connection broke.'
  return new TransferBroken(words, { cause })
}
