import type { EventLog } from '#events/event-log.ts'

import { createReleaseLocks } from '#gateways/site/release-locks.ts'
import { createSiteChanges, type SiteChanges } from '#gateways/site/changes.ts'
import type { CreditRules } from '#gateways/site/credit-rules.ts'
import { createFreshUploads } from '#gateways/site/fresh-uploads.ts'
import { createSiteListings, type SiteListings } from '#gateways/site/listing.ts'
import { createSiteLookup } from '#gateways/site/lookup.ts'
import { createMemberTransfers } from '#gateways/site/member-transfers.ts'
import { createSiteMetrics } from '#gateways/site/metrics.ts'
import type { SiteDeps, SiteParts } from '#gateways/site/parts.ts'
import { expirePartials, settleSite } from '#gateways/site/settle.ts'
import { settleDownloads } from '#gateways/site/settle-downloads.ts'
import { createSiteReading, type SiteReading } from '#gateways/site/reading.ts'
import { createSiteTransfers, type SiteTransfers } from '#gateways/site/transfers.ts'

/**
 * The site's files as members see them, for every gateway. Each call rejects with a `Refusal`
 * (of the site, a section, a race or the host) or with `DiskTrouble`.
 */
export interface Site extends SiteChanges, SiteListings, SiteReading, SiteTransfers {
  readonly name: string
  /** Brings the disk in step with the log. Call it at start-up, before any gateway listens. */
  settle(): Promise<void>
  /**
   * Gives back what was paid for downloads that this process, `node`, was sending when it was
   * killed; answers how many those were. Call it at start-up when the read models have caught up,
   * and before the connections that were left open are closed: they tell which downloads.
   */
  settleDownloads(log: EventLog, node: string): Promise<number>
  /**
   * Removes partial uploads that are too old, and places accepted files that a failing disk
   * has kept from their place: now and every hour. The answer ends that.
   */
  expirePartials(report: (cause: unknown) => void): () => void
}

export interface SiteOptions {
  readonly sections: readonly string[]
  /** Stands in the status entries, as `[name]`. Default `veza`. */
  readonly name?: string
  /** Default: 7 days. */
  readonly partialMaxAgeMs?: number
  /** Default: downloads cost nothing. */
  readonly credits?: CreditRules
}

const HOUR_MS = 3_600_000

export function createSite(deps: SiteDeps, options: SiteOptions): Site {
  const { name = 'veza', partialMaxAgeMs = 7 * 24 * HOUR_MS, sections } = options
  const parts: SiteParts = {
    ...deps,
    lookup: createSiteLookup(deps.host, sections),
    locks: createReleaseLocks(),
    siteName: name,
    partialMaxAgeMs,
    credits: options.credits,
    freshUploads: createFreshUploads(deps),
    memberTransfers: createMemberTransfers(deps),
    metrics: createSiteMetrics(deps.registry),
  }
  const listings = createSiteListings(parts)
  return {
    name,
    ...createSiteChanges(parts),
    ...listings,
    ...createSiteReading(parts),
    ...createSiteTransfers(parts),
    async settle() {
      await listings.hearChanges()
      await settleSite(parts)
    },
    settleDownloads: (log, node) => settleDownloads(parts, log, node),
    expirePartials(report) {
      let cancel = () => {}
      const run = (): void => {
        expirePartials(parts).catch(report)
        cancel = deps.clock.after(HOUR_MS, run)
      }
      run()
      return () => cancel()
    },
  }
}
