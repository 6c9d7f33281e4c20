import type { Clock } from '#events/clock.ts'
import { LOG_START } from '#events/fact.ts'

/** Who waits until a fact has been heard of. */
export interface PositionWait {
  /** Of the newest fact that has been heard of. */
  readonly position: number
  /** From now on facts are heard: until then nobody waits. */
  begin(): void
  heard(position: number): void
  /** Resolves when that fact has been heard of, or when it has taken too long. */
  reached(position: number, timeoutMs: number): Promise<void>
}

export function createPositionWait(clock: Clock): PositionWait {
  let newest = LOG_START
  let isHearing = false
  const waiting = new Set<{ readonly position: number; readonly go: () => void }>()
  return {
    get position() {
      return newest
    },
    begin() {
      isHearing = true
    },
    heard(position) {
      newest = Math.max(newest, position)
      for (const each of waiting) if (each.position <= newest) each.go()
    },
    reached(position, timeoutMs) {
      if (!isHearing || position <= newest) return Promise.resolve()
      return new Promise((resolve) => {
        const one = {
          position,
          go() {
            waiting.delete(one)
            cancel()
            resolve()
          },
        }
        waiting.add(one)
        const cancel = clock.after(timeoutMs, one.go)
      })
    },
  }
}
