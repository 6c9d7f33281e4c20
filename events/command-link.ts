/**
 * Requests from process to process. A request is delivered once at most; whoever gets no answer
 * does not know whether it was handled, and asks again with the same command id.
 */
export interface CommandLink {
  /**
   * Answers the requests for an address (letters, digits, `-` and `_`), a bounded number at once.
   * What `handle` throws reaches nobody: it must turn failures into answers itself. `stop`
   * resolves when what was being handled has been answered.
   */
  serve(
    address: string,
    handle: (request: string) => Promise<string>,
  ): Promise<{ stop(): Promise<void> }>
  /**
   * Errors: `LinkUnavailable`, at once when nobody serves the address (`isUnserved`), and after
   * `timeoutMs` when no answer came; `LinkBusy`, also at once; `LinkRefused`.
   */
  request(address: string, request: string, timeoutMs: number): Promise<string>
  close(): Promise<void>
}

export class LinkUnavailable extends Error {
  readonly code = 'link-unavailable'
  /** Nobody was there to take the request: it was not handled. */
  readonly isUnserved: boolean

  constructor(reason: string, isUnserved: boolean, cause?: unknown) {
    super(reason, { cause })
    this.isUnserved = isUnserved
  }
}

/** The address serves as many requests as it takes at once: this one was not handled. */
export class LinkBusy extends LinkUnavailable {
  constructor(address: string) {
    super(`${address} has as many requests as it takes`, true)
  }
}

/** No link takes such a request: an address that is none, or too many bytes. */
export class LinkRefused extends Error {
  readonly code = 'link-refused'
}

/** Throws `LinkRefused` for an address that is none. */
export function assertAddress(address: string): void {
  if (!/^[\w-]{1,128}$/.test(address)) {
    throw new LinkRefused(`${JSON.stringify(address.slice(0, 200))} is no address`)
  }
}
