import type { Clock } from '#events/clock.ts'

import { wantedHolder } from '#actors/kernel/cluster/shards.ts'

/** How the processes of a cluster judge each other, in milliseconds. */
export interface ClusterTimings {
  /** How often a process writes its sign of life, and looks at the leases. */
  readonly beatMs: number
  /** A process that has not been able to write one for so long gives up its leases itself. */
  readonly unfitAfterMs: number
  /** A process of which no sign has come for so long is dead for the others. */
  readonly deadAfterMs: number
}

/**
 * A process stops itself well before the others take over: each counts on its own clock, the one
 * from the moment it began to write the sign, the others from the moment they saw it.
 */
export const CLUSTER_TIMINGS: ClusterTimings = {
  beatMs: 500,
  unfitAfterMs: 3_000,
  deadAfterMs: 5_000,
}

interface Seen {
  readonly at: number
  readonly offers: ReadonlySet<string>
}

const NOTHING: ReadonlySet<string> = new Set()

/**
 * Who is alive, by the signs of life that were seen and when this process saw them. A sign lists
 * the leases in which the process takes part: one that is still starting takes part in few.
 */
export class Members {
  readonly #clock: Clock
  readonly #deadAfterMs: number
  readonly #seen = new Map<string, Seen>()

  constructor(clock: Clock, deadAfterMs: number) {
    this.#clock = clock
    this.#deadAfterMs = deadAfterMs
  }

  /** The value of a sign of life. */
  static sign(keys: Iterable<string>): string {
    return [...keys].join(' ')
  }

  saw(member: string, sign: string): void {
    this.#seen.set(member, { at: this.#clock.now(), offers: new Set(sign.split(' ')) })
  }

  /** It is known to be dead. */
  lost(member: string): void {
    this.#seen.set(member, { at: Number.NEGATIVE_INFINITY, offers: NOTHING })
  }

  /** It has said good-bye. */
  left(member: string): void {
    this.#seen.delete(member)
  }

  isAlive(member: string): boolean {
    const seen = this.#seen.get(member)
    return seen !== undefined && this.#clock.now() - seen.at < this.#deadAfterMs
  }

  /**
   * Who should hold the lease, of those who are alive and take part in it. A sign that was on its
   * way for long may bear a name that its process has given up for the next one.
   */
  wanted(key: string): string | undefined {
    const offering = [...this.#seen].filter(
      ([member, { offers }]) =>
        offers.has(key) && this.isAlive(member) && !this.#seen.has(nextName(member)),
    )
    return wantedHolder(
      key,
      offering.map(([member]) => member),
    )
  }

  /** Those who are known and dead: their signs can be cleared away. */
  dead(): string[] {
    return [...this.#seen.keys()].filter((member) => !this.isAlive(member))
  }
}

/** Names are `<address>.<number>`: a process that was taken for dead comes back under the next. */
function nextName(member: string): string {
  const dot = member.lastIndexOf('.')
  return `${member.slice(0, dot)}.${Number(member.slice(dot + 1)) + 1}`
}
