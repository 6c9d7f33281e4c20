import type { Clock } from '#events/clock.ts'

import type { SubjectKey } from '#infra/seals/subject-key.ts'

interface CacheOptions {
  readonly clock: Clock
  readonly lifeMs: number
  readonly keysMax?: number
}

type Load = () => Promise<SubjectKey | undefined>

/** Unwrapped keys, the last used of them and for a short time. Who asks meanwhile waits along. */
export function createKeyCache({ clock, lifeMs, keysMax = 10_000 }: CacheOptions) {
  const kept = new Map<string, { readonly key: SubjectKey; readonly at: number }>()
  /** By subject and what is asked: only who may make a key can rely on getting one. */
  const pending = new Map<string, Map<string, Promise<SubjectKey | undefined>>>()

  function keep(subject: string, key: SubjectKey, at: number): void {
    kept.delete(subject)
    kept.set(subject, { key, at })
    if (kept.size > keysMax) kept.delete(kept.keys().next().value!)
  }

  function begin(subject: string, intent: string, load: Load) {
    const loads = pending.get(subject) ?? new Map<string, Promise<SubjectKey | undefined>>()
    const at = clock.now()
    const isCurrent = () => pending.get(subject) === loads
    const run = (async () => {
      try {
        const key = await load()
        // When the subject was dropped meanwhile, this may be the key that was destroyed.
        if (key && isCurrent()) keep(subject, key, at)
        return key
      } finally {
        loads.delete(intent)
        if (loads.size === 0 && isCurrent()) pending.delete(subject)
      }
    })()
    pending.set(subject, loads.set(intent, run))
    return run
  }

  return {
    get(subject: string, intent: 'make' | 'find', load: Load): Promise<SubjectKey | undefined> {
      const entry = kept.get(subject)
      const ageMs = entry ? clock.now() - entry.at : 0
      if (entry && ageMs >= 0 && ageMs < lifeMs) {
        keep(subject, entry.key, entry.at)
        return Promise.resolve(entry.key)
      }
      return pending.get(subject)?.get(intent) ?? begin(subject, intent, load)
    },

    drop(subject: string): void {
      kept.delete(subject)
      pending.delete(subject)
    },
  }
}
