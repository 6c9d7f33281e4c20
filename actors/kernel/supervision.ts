import { AppendRefused, LogUnavailable, VersionConflict } from '#events/event-log.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

const BACKOFF_MS = 100
const BACKOFF_MAX_MS = 30_000

/**
 * Watches over one actor: a fault of its rules lets it rest, longer each time, and tells who
 * asked that it failed inside; what is nobody's fault is told as what it is.
 */
export class Supervision {
  readonly #stream: string
  readonly #now: () => number
  readonly #report: (stream: string, cause: unknown) => void
  #faults = 0
  #restsUntil = 0
  #last: Refusal | undefined

  constructor(stream: string, now: () => number, report: (stream: string, cause: unknown) => void) {
    this.#stream = stream
    this.#now = now
    this.#report = report
  }

  /** Throws a `Refusal` while the actor rests. */
  assertFit(): void {
    if (this.#now() < this.#restsUntil) throw this.lastRefusal()
  }

  succeeded(): void {
    this.#faults = 0
  }

  /** What to tell those whose commands met this. */
  refusalFor(cause: unknown): Refusal {
    this.#last = this.#translate(cause)
    return this.#last
  }

  lastRefusal(): Refusal {
    return this.#last ?? this.#faulty()
  }

  #translate(cause: unknown): Refusal {
    if (cause instanceof Refusal) return cause
    if (cause instanceof LogUnavailable) {
      return new Refusal(HOST_REFUSALS.logUnavailable, 'Nothing can be recorded now; try later.')
    }
    if (cause instanceof VersionConflict) {
      return new Refusal(HOST_REFUSALS.busy, 'Others keep changing this; try again.')
    }
    if (cause instanceof AppendRefused) {
      const words = `This cannot be recorded: ${cause.message}.`
      return new Refusal(HOST_REFUSALS.invalidCommand, words)
    }
    this.#report(this.#stream, cause)
    this.#restsUntil = this.#now() + Math.min(BACKOFF_MS * 2 ** this.#faults++, BACKOFF_MAX_MS)
    return this.#faulty()
  }

  #faulty(): Refusal {
    const words = 'This has failed inside and is resting; try later.'
    return new Refusal(HOST_REFUSALS.faulty, words, { stream: this.#stream })
  }
}
