import type { Clock } from '#events/clock.ts'
import { type LogHealth, LogUnavailable } from '#events/event-log.ts'

import { LogAccessDenied } from '#infra/eventstoredb/failures.ts'

const PROBE_AFTER_MS = 1_000

/**
 * Whether the server takes appends, as the last calls have shown. After one that found it away, a
 * probe asks every second until it is back; that it denies an append is known until one is taken.
 */
export class Health {
  #failure: LogUnavailable | undefined
  #cancelProbe: (() => void) | undefined
  #isClosed = false
  readonly #clock: Clock
  readonly #probe: () => Promise<unknown>
  readonly #report: (cause: unknown) => void

  constructor(clock: Clock, probe: () => Promise<unknown>, report: (cause: unknown) => void) {
    this.#clock = clock
    this.#probe = probe
    this.#report = report
  }

  get state(): LogHealth {
    if (this.#isClosed) return { writable: false, reason: 'the log is closed' }
    if (this.#failure) return { writable: false, reason: this.#failure.message }
    return { writable: true }
  }

  succeeded(): void {
    this.#failure = undefined
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  /** Any error of an append; only those that are the server's count. */
  failed(cause: unknown): void {
    if (!(cause instanceof LogUnavailable) || this.#isClosed) return
    // Of one outage the first failure is news, not each of the appends that follow.
    if (!this.#failure) this.#report(cause)
    this.#failure = cause
    if (!(cause instanceof LogAccessDenied)) this.#probeLater()
  }

  close(): void {
    this.#isClosed = true
    this.#cancelProbe?.()
  }

  #probeLater(): void {
    this.#cancelProbe ??= this.#clock.after(PROBE_AFTER_MS, () => {
      this.#cancelProbe = undefined
      this.#probe().then(
        () => this.succeeded(),
        () => {
          if (this.#failure && !this.#isClosed) this.#probeLater()
        },
      )
    })
  }
}
