import { isPlain } from '#actors/policy/path-rights.ts'
import { NO_VERSION } from '#events/fact.ts'
import { isNfo, isSample } from '#events/release-kind.ts'
import type { RaceSummary } from '#projections/read-models.ts'

import type { FoundRace } from '#gateways/site/lookup.ts'
import type { SiteEntry } from '#gateways/site/listings/site-entry.ts'
import {
  type MarkerRules,
  type ReleaseStanding,
  type StatusEntry,
} from '#gateways/site/listings/status.ts'

export const NOTHING: ReleaseStanding = {
  isComplete: false,
  expectedFiles: 0,
  hasFiles: false,
  hasNfo: false,
  hasSample: false,
  isNuked: false,
}

export function standingOfSummary(summary: RaceSummary): ReleaseStanding {
  const { state, expectedFiles, sizeBytes, hasNfo, hasSample, nukedAt } = summary
  return {
    isComplete: state !== 'open',
    expectedFiles,
    hasFiles: sizeBytes > 0,
    hasNfo,
    hasSample,
    isNuked: nukedAt !== null,
  }
}

export function standingOf(
  race: FoundRace,
  { wantsNfo, wantsSample }: MarkerRules,
): ReleaseStanding {
  const { context, version, isRemoved } = race
  if (version === NO_VERSION || isRemoved) return NOTHING
  const has = (fits: (path: string) => boolean): boolean => {
    return Object.entries(context.files).some(([path, { isBad }]) => !isBad && fits(path))
  }
  return {
    isComplete: race.isComplete,
    expectedFiles: context.expectedCount,
    hasFiles: context.sizeBytes > 0,
    // What nobody asks for is not looked for.
    hasNfo: wantsNfo && has(isNfo),
    hasSample: wantsSample && has(isSample),
    isNuked: context.nuke !== null,
  }
}

export function createEntries({ siteName }: { readonly siteName: string }) {
  const oddNames = new WeakSet<SiteEntry>()
  const site = { owner: siteName, group: siteName, sizeBytes: 0 }
  return {
    isOdd: (entry: SiteEntry) => oddNames.has(entry),
    directory(name: string, modifiedAt: number, mode?: number): SiteEntry {
      const shape = { ...site, name, kind: 'directory', modifiedAt, isStatus: false } as const
      const entry = mode === undefined ? shape : { ...shape, mode }
      if (!isPlain(name)) oddNames.add(entry)
      return entry
    },
    status: (mark: StatusEntry, modifiedAt: number): SiteEntry => {
      return { ...site, ...mark, isStatus: true, modifiedAt }
    },
  }
}
