import { LogUnavailable } from '#events/event-log.ts'

interface Waiting {
  readonly start: () => void
  readonly refuse: (cause: LogUnavailable) => void
}

/**
 * Work on one stream goes one after the other, in the order in which it was asked for: calls of
 * their own could overtake each other on the way. Over all streams, so many go at a time, so many
 * more may wait, and one beyond them is refused at once with `LogUnavailable`.
 */
export class Lanes {
  readonly #inFlight: number
  readonly #waiting: number
  /** The streams at work, with what waits for them. */
  readonly #busy = new Map<string, Waiting[]>()
  /** Streams that could go on, but for the limit. */
  #ready: Waiting[] = []
  #running = 0
  #asked = 0
  #isClosed = false

  constructor(limits: { readonly inFlight: number; readonly waiting: number }) {
    this.#inFlight = limits.inFlight
    this.#waiting = limits.waiting
  }

  async run<T>(stream: string, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new LogUnavailable('the log is closed')
    if (this.#asked >= this.#inFlight + this.#waiting) {
      throw new LogUnavailable('too many appends are waiting')
    }
    this.#asked++
    try {
      await this.#turn(stream)
      try {
        return await work()
      } finally {
        this.#leave(stream)
      }
    } finally {
      this.#asked--
    }
  }

  /** What waits is refused; what runs goes on. */
  close(): void {
    this.#isClosed = true
    const waiting = [...this.#ready, ...[...this.#busy.values()].flat()]
    this.#ready = []
    for (const queue of this.#busy.values()) queue.length = 0
    for (const { refuse } of waiting) refuse(new LogUnavailable('the log is closed'))
  }

  #turn(stream: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        refuse: reject,
        start: () => {
          this.#running++
          resolve()
        },
      }
      const queue = this.#busy.get(stream)
      if (queue) queue.push(entry)
      else {
        this.#busy.set(stream, [])
        this.#begin(entry)
      }
    })
  }

  #begin(entry: Waiting): void {
    if (this.#running < this.#inFlight) entry.start()
    else this.#ready.push(entry)
  }

  #leave(stream: string): void {
    this.#running--
    const next = this.#busy.get(stream)!.shift()
    if (next) this.#ready.push(next)
    else this.#busy.delete(stream)
    this.#ready.shift()?.start()
  }
}
