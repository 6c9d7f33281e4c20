import { Counter, type Registry } from 'prom-client'

export interface RateLimitMetrics {
  refused(action: string, gateway: string, tier: string): void
  tightened(signal: string): void
  /** So many decisions were made without the bucket that the cluster shares. */
  fellBack(decisions: number): void
}

export function createRateLimitMetrics(registry: Registry): RateLimitMetrics {
  const registers = [registry]
  const refusals = new Counter({
    name: 'veza_rate_limit_refusals_total',
    help: 'Actions refused because a member had used up the quota.',
    labelNames: ['action', 'gateway', 'tier'],
    registers,
  })
  const tightened = new Counter({
    name: 'veza_rate_limit_tightened_total',
    help: "Times that a member's limits were tightened, by the signal of spam.",
    labelNames: ['signal'],
    registers,
  })
  const fallbacks = new Counter({
    name: 'veza_rate_limit_fallback_total',
    help: 'Decisions made by this process alone, because the shared bucket was out of reach.',
    registers,
  })
  return {
    refused: (action, gateway, tier) => refusals.inc({ action, gateway, tier }),
    tightened: (signal) => tightened.inc({ signal }),
    fellBack: (decisions) => fallbacks.inc(decisions),
  }
}
