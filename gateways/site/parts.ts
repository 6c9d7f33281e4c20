import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { ActorHistory, ActorHost } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import type { EventBus } from '#events/event-bus.ts'
import type { FileInspection } from '#events/file-inspection.ts'
import type { Hooks } from '#events/hooks.ts'
import type { SiteFiles, SiteLocation } from '#events/site-files.ts'
import type { SiteMessages } from '#events/site-messages.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Policy } from '#gateways/members/policy.ts'
import type { CreditRules } from '#gateways/site/transfers/credit-rules.ts'
import type { Dupes } from '#gateways/site/releases/dupes.ts'
import type { FreshUploads } from '#gateways/site/transfers/fresh-uploads.ts'
import type { SiteHooks } from '#gateways/site/hooks.ts'
import type { MemberTransfers } from '#gateways/site/transfers/member-transfers.ts'
import type { SiteMetrics } from '#gateways/site/metrics.ts'
import type { ReleaseLocks } from '#gateways/site/release-locks.ts'
import type { SiteLookup } from '#gateways/site/lookup.ts'

/** What the site is built on. */
export interface SiteDeps {
  readonly host: ActorHost
  readonly history: ActorHistory
  readonly bus: EventBus
  readonly clock: Clock
  readonly ids: Ids
  readonly files: SiteFiles
  readonly logger: Logger
  readonly readModels: ReadModels
  readonly policy: Policy
  readonly registry: Registry
  /** Looks into what is uploaded. */
  readonly inspection: FileInspection
  /** The operator's scripts and hooks. Default: none. */
  readonly hooks?: Hooks
  /** Default: nobody is greeted. */
  readonly messages?: SiteMessages
}

/** What the parts of the site share. */
export interface SiteParts extends SiteDeps {
  readonly lookup: SiteLookup
  readonly locks: ReleaseLocks
  /** Stands in the status entries: `[name]`. */
  readonly siteName: string
  /** What is left of an aborted upload can be resumed for so long. */
  readonly partialMaxAgeMs: number
  /** Undefined: downloads cost nothing. */
  readonly credits: CreditRules | undefined
  readonly freshUploads: FreshUploads
  readonly dupes: Dupes
  readonly memberTransfers: MemberTransfers
  readonly metrics: SiteMetrics
  readonly siteHooks: SiteHooks
}

/** Where a path below a release lies on the disk; `''` is the release itself. */
export function locationOf(
  race: { readonly section: string; readonly release: string },
  path: string,
): SiteLocation {
  const release = [race.section, race.release]
  return path === '' ? release : [...release, ...path.split('/')]
}

export const lockOfRace = (race: string): string => `race:${race}`
export const lockOfName = (section: string, release: string): string => `${section}/${release}`
