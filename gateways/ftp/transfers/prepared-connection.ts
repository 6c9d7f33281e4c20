import type { Socket } from 'node:net'

/** A data connection that PASV, PORT or one of their like has made ready. */
export interface Prepared {
  /** `isForeignWelcome`: another machine than the client's may be at the other end. */
  open(isForeignWelcome: boolean): Promise<Socket>
  close(cause: NoDataConnection): void
}

export class NoDataConnection extends Error {
  readonly code = 'no-data-connection'
}
