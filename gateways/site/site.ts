import type { EventLog } from '#events/event-log.ts'
import { NO_HOOKS } from '#events/hooks.ts'

import { createReleaseLocks } from '#gateways/site/release-locks.ts'
import { createSiteAsOf, type SiteAsOf } from '#gateways/site/listings/as-of.ts'
import { createSiteAttributes, type SiteAttributes } from '#gateways/site/disk/attributes.ts'
import { createSiteChanges, type SiteChanges } from '#gateways/site/changes.ts'
import type { CreditRules } from '#gateways/site/transfers/credit-rules.ts'
import { createDupes } from '#gateways/site/releases/dupes.ts'
import { createSiteDupeMarks, type SiteDupeMarks } from '#gateways/site/releases/dupe-marks.ts'
import { createSiteSpace, type SiteSpace } from '#gateways/site/transfers/free-space.ts'
import { createFreshUploads } from '#gateways/site/transfers/fresh-uploads.ts'
import { createSiteHooks, type SiteHooks } from '#gateways/site/hooks.ts'
import { createSiteListings, type SiteListings } from '#gateways/site/listings/listing.ts'
import { createSiteLookup } from '#gateways/site/lookup.ts'
import { createMemberTransfers } from '#gateways/site/transfers/member-transfers.ts'
import { createSiteMetrics } from '#gateways/site/metrics.ts'
import type { SiteDeps, SiteParts } from '#gateways/site/parts.ts'
import { expirePartials, settleSite } from '#gateways/site/settle.ts'
import { settleDownloads } from '#gateways/site/transfers/settle-downloads.ts'
import { createSiteNukes, type SiteNukes } from '#gateways/site/releases/nukes.ts'
import {
  createSitePublications,
  type SitePublications,
} from '#gateways/site/releases/publications.ts'
import { createSiteRescan, type SiteRescan } from '#gateways/site/disk/rescan.ts'
import { createSiteReading, type SiteReading } from '#gateways/site/transfers/reading.ts'
import { createSiteRequests, type SiteRequests } from '#gateways/site/releases/requests.ts'
import { createSiteTransfers, type SiteTransfers } from '#gateways/site/transfers/transfers.ts'
import { createSiteWipes, type SiteWipes } from '#gateways/site/releases/wipes.ts'

/**
 * The site's files as members see them, for every gateway. Each call rejects with a `Refusal`
 * (of the site, a section, a race or the host) or with `DiskTrouble`.
 */
export interface Site
  extends
    SiteChanges,
    SiteListings,
    SiteReading,
    SiteTransfers,
    SiteDupeMarks,
    SiteSpace,
    SiteRescan,
    SiteAttributes,
    SiteAsOf,
    SiteNukes,
    SiteWipes,
    SitePublications,
    SiteRequests {
  readonly name: string
  readonly hooks: SiteHooks
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
  /** Stands in the status entries, as `[name]`. Default `veza`. */
  readonly name?: string
  /** Default: 7 days. */
  readonly partialMaxAgeMs?: number
  /** Default: downloads cost nothing. */
  readonly credits?: CreditRules
}

const HOUR_MS = 3_600_000

export function createSite(deps: SiteDeps, options: SiteOptions = {}): Site {
  const { name = 'veza', partialMaxAgeMs = 7 * 24 * HOUR_MS } = options
  const lookup = createSiteLookup(deps.host)
  const locks = createReleaseLocks()
  const parts: SiteParts = {
    ...deps,
    lookup,
    locks,
    siteName: name,
    partialMaxAgeMs,
    credits: options.credits,
    freshUploads: createFreshUploads(deps),
    dupes: createDupes({ ...deps, lookup, locks }),
    memberTransfers: createMemberTransfers(deps),
    metrics: createSiteMetrics(deps.registry),
    siteHooks: createSiteHooks({ host: deps.host, hooks: deps.hooks ?? NO_HOOKS }),
  }
  const listings = createSiteListings(parts)
  return {
    name,
    hooks: parts.siteHooks,
    ...createSiteChanges(parts),
    ...listings,
    ...createSiteReading(parts),
    ...createSiteTransfers(parts),
    ...createSiteNukes(parts),
    ...createSiteWipes(parts),
    ...createSitePublications(parts),
    ...createSiteRequests(parts),
    ...createSiteDupeMarks(parts),
    ...createSiteSpace(parts),
    ...createSiteRescan(parts),
    ...createSiteAttributes(parts),
    ...createSiteAsOf(parts),
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
