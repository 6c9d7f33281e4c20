import { Counter, type Registry } from 'prom-client'

import type { Direction } from '#gateways/site/transfers/member-transfers.ts'

export interface SiteMetrics {
  /** `reason` is the code of the refusal. */
  refused(direction: Direction, reason: string): void
}

const REFUSED = 'veza_site_refused_transfers_total'

/** Two sites of one process count together. */
export function createSiteMetrics(registry: Registry): SiteMetrics {
  const refused =
    (registry.getSingleMetric(REFUSED) as Counter<'direction' | 'reason'> | undefined) ??
    new Counter({
      name: REFUSED,
      help: 'Transfers refused before a byte flowed, by direction and reason',
      labelNames: ['direction', 'reason'] as const,
      registers: [registry],
    })
  return { refused: (direction, reason) => refused.inc({ direction, reason }) }
}
