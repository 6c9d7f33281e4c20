import type { Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { KeyValue } from '#events/key-value.ts'

import {
  DEFAULT_QUOTAS,
  isChat,
  type Quotas,
  type RateAction,
} from '#gateways/kernel/rate-limits/actions.ts'
import { createLocalRecords } from '#gateways/kernel/rate-limits/local-records.ts'
import {
  isTightened,
  type MemberRecord,
  type Records,
} from '#gateways/kernel/rate-limits/member-record.ts'
import { takeFrom, UNLIMITED, type Verdict } from '#gateways/kernel/rate-limits/meter.ts'
import { createRateLimitMetrics } from '#gateways/kernel/rate-limits/metrics.ts'
import { createSharedRecords } from '#gateways/kernel/rate-limits/shared-records.ts'
import {
  DEFAULT_FACTORS,
  isUnlimited,
  type RatedMember,
  scaled,
  type Tier,
  tierOf,
} from '#gateways/kernel/rate-limits/tiers.ts'
import { createSpamSignals, type SpamSignal } from '#gateways/kernel/spam-signals.ts'

export interface RateLimitSettings {
  readonly quotas: Quotas
  /** What a quota is multiplied with. */
  readonly factors: Readonly<Record<Tier, number>>
  /** The same, as long as a signal of spam tightens it. */
  readonly tightenedFactor: number
  readonly tightenedMs: number
  /** Members remembered at a time. */
  readonly members: number
  /** How long the shared bucket may take to answer. */
  readonly patienceMs: number
}

export const DEFAULT_RATE_LIMITS: RateLimitSettings = {
  quotas: DEFAULT_QUOTAS,
  factors: DEFAULT_FACTORS,
  tightenedFactor: 0.25,
  tightenedMs: 10 * 60_000,
  members: 100_000,
  patienceMs: 500,
}

export interface RateLimitsOptions {
  readonly clock: Clock
  readonly registry: Registry
  /** The bucket of the cluster's rate limits. Default: this process has its own. */
  readonly keyValue?: KeyValue
  readonly settings?: Partial<RateLimitSettings>
  /** Told once, by the process that was first to see it. */
  readonly onTightened?: (
    memberId: string,
    signal: SpamSignal,
    untilMs: number,
  ) => void | Promise<void>
  /** Of what nobody waits for: the bucket is out of reach, `onTightened` has failed. */
  readonly report: (cause: unknown) => void
}

export interface TakeOptions {
  /** Which gateway asks, for the metrics. */
  readonly gateway: string
  /** Default 1. More than the whole quota counts as the whole quota. */
  readonly tokens?: number
  /**
   * Instead of a refusal the caller would rather wait so long: the verdict's `waitMs` says how
   * long it must. The tokens are taken at once. Default 0.
   */
  readonly maxWaitMs?: number
}

/** What members may do in a time: one budget for each action, whichever gateway they use. */
export interface RateLimits {
  /**
   * Takes from the member's budget, or takes nothing and says when to come again. Rejects with
   * a `busy` `Refusal` when too many of the member's actions wait for the shared bucket.
   */
  take(member: RatedMember, action: RateAction, options: TakeOptions): Promise<Verdict>
  /** Looks at what a member is about to say; a sign of spam tightens the limits of all actions. */
  heard(member: RatedMember, text: string): Promise<void>
  stop(): void
}

export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { clock, report, onTightened } = options
  const settings = { ...DEFAULT_RATE_LIMITS, ...options.settings }
  const metrics = createRateLimitMetrics(options.registry)
  const records = openRecords(options, settings, metrics.fellBack)
  const spam = createSpamSignals({ clock, members: settings.members })

  async function tighten(member: RatedMember, signal: SpamSignal): Promise<void> {
    const untilMs = clock.now() + settings.tightenedMs
    const isFirst = await records.change(member.id, (record) =>
      isTightened(record, clock.now())
        ? { record, result: false }
        : { record: { ...record, tightened: { untilMs, signal } }, result: true },
    )
    if (!isFirst) return
    metrics.tightened(signal)
    const tell = async () => onTightened?.(member.id, signal, untilMs)
    void tell().catch(report)
  }

  return {
    async take(member, action, { gateway, tokens = 1, maxWaitMs = 0 }) {
      const tier = tierOf(member)
      const quota = settings.quotas[action]
      if (!quota || isUnlimited(tier, action)) return UNLIMITED
      const verdict = await records.change(member.id, (record: MemberRecord) => {
        const now = clock.now()
        const tightened = isTightened(record, now) ? settings.tightenedFactor : 1
        const demand = {
          quota: scaled(quota, settings.factors[tier] * tightened),
          tokens,
          maxWaitMs,
          now,
        }
        const before = record.meters[action]
        const { meter, verdict: result } = takeFrom(before, demand)
        if (meter === undefined || meter === before) return { record, result }
        return { record: { ...record, meters: { ...record.meters, [action]: meter } }, result }
      })
      if (verdict.isAllowed) return verdict
      metrics.refused(action, gateway, tier)
      const signal = isChat(action) ? spam.refused(member.id) : undefined
      if (signal) await tighten(member, signal)
      return verdict
    },
    async heard(member, text) {
      if (isUnlimited(tierOf(member), 'send_message')) return
      const signal = spam.heard(member.id, text)
      if (signal) await tighten(member, signal)
    },
    stop: () => records.stop(),
  }
}

function openRecords(
  { keyValue, clock, report }: RateLimitsOptions,
  { members, patienceMs }: RateLimitSettings,
  fellBack: (changes: number) => void,
): Records {
  if (!keyValue) return createLocalRecords(members)
  return createSharedRecords({ keyValue, clock, members, patienceMs, fellBack, report })
}
