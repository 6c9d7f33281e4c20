/** Where a call's answers go. Nothing is kept for a client that does not read. */
export interface Outlet<Response> {
  /** Sends one message. Answers whether more may come at once; after a false wait for `ready`. */
  send(message: Response): boolean
  /** Resolves when the client has taken what was sent, or the call has ended. */
  ready(): Promise<void>
}

interface Sink<Response> {
  write(message: Response): boolean
  readonly writableNeedDrain: boolean
  once(event: 'drain', listener: () => void): unknown
  off(event: 'drain', listener: () => void): unknown
}

export function createOutlet<Response>(
  sink: Sink<Response>,
  signal: AbortSignal,
): Outlet<Response> {
  return {
    send: (message) => !signal.aborted && sink.write(message),
    ready() {
      if (signal.aborted || !sink.writableNeedDrain) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          sink.off('drain', done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        sink.once('drain', done)
        signal.addEventListener('abort', done, { once: true })
      })
    },
  }
}
