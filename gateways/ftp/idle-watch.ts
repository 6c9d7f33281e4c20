import type { Clock } from '#events/clock.ts'

/** Timers do not run for longer than some weeks. */
const LOOK_MS = 86_400_000
/** A transfer has its own watch: the session looks again when it may be over. */
const BUSY_MS = 1_000

export interface IdleWatchOptions {
  readonly clock: Clock
  /** How long the session may do nothing, as it is now. */
  readonly idleMs: () => number
  /** When it has last done something. */
  readonly activeAt: () => number
  readonly isBusy: () => boolean
  readonly expired: () => void
}

export interface IdleWatch {
  /** Begins, and goes on by another time when that has changed. */
  follow(): void
  stop(): void
}

/** Ends a session that does nothing for too long. */
export function createIdleWatch(options: IdleWatchOptions): IdleWatch {
  const { clock, idleMs, activeAt, isBusy, expired } = options
  let followedMs: number | undefined
  let cancel = (): void => {}

  function look(): void {
    cancel()
    followedMs = idleMs()
    const leftMs = activeAt() + followedMs - clock.now()
    if (leftMs <= 0 && !isBusy()) return expired()
    cancel = clock.after(leftMs > 0 ? Math.min(leftMs, LOOK_MS) : BUSY_MS, look)
  }

  return {
    follow() {
      if (followedMs !== idleMs()) look()
    },
    stop: () => cancel(),
  }
}
