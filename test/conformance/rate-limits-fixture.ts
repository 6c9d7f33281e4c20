import { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { KeyValue } from '#events/key-value.ts'
import {
  createRateLimits,
  type RateLimitSettings,
} from '#gateways/kernel/rate-limits/rate-limits.ts'
import type { RatedMember } from '#gateways/kernel/rate-limits/tiers.ts'

export const bob: RatedMember = { id: 'bob', tier: 'member' }

export interface ProcessOptions {
  readonly clock: Clock
  readonly keyValue?: KeyValue
  readonly settings?: Partial<RateLimitSettings>
}

/** The rate limits of one process of a cluster, or of the only one. */
export function startProcess(options: ProcessOptions) {
  const registry = new Registry()
  const tightened: unknown[][] = []
  const reported: unknown[] = []
  const limits = createRateLimits({
    // A loaded machine is slow to answer, and is not away for that.
    ...options,
    settings: { patienceMs: 20_000, ...options.settings },
    registry,
    report: (cause) => reported.push(cause),
    onTightened: (...told) => void tightened.push(told),
  })
  return {
    limits,
    tightened,
    reported,
    say: (member = bob) => limits.take(member, 'send_message', { gateway: 'irc' }),
    /** How many of so many takes at the same time are allowed. */
    async sayMany(count: number, member = bob): Promise<number> {
      const verdicts = Array.from({ length: count }, () =>
        limits.take(member, 'send_message', { gateway: 'ws' }),
      )
      return (await Promise.all(verdicts)).filter(({ isAllowed }) => isAllowed).length
    },
    /** A counter's value, over all or some of its labels. */
    async count(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
      const metric = await registry.getSingleMetric(`veza_rate_limit_${name}_total`)!.get()
      return metric.values
        .filter((each) => Object.entries(labels).every(([k, v]) => each.labels[k] === v))
        .reduce((sum, { value }) => sum + value, 0)
    },
  }
}

export type Process = ReturnType<typeof startProcess>
