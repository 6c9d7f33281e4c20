import { Refusal } from '#events/refusal.ts'
import type { SectionRules } from '#events/section-rules.ts'
import type { SectionTotals } from '#projections/release-models.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { dirlogOf } from '#gateways/site/releases/dirlog.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

const MIB = 2 ** 20

export interface SpaceOfSection extends SectionTotals {
  /** With less free on the disk no upload begins. */
  readonly neededMib: number
}

export interface SpaceOfSite {
  readonly freeBytes: number
  readonly totalBytes: number
  /** Those that the caller sees, without what is hidden from the caller in them. */
  readonly sections: readonly SpaceOfSection[]
}

export interface SiteSpace {
  space(caller: SiteCaller): Promise<SpaceOfSite>
}

export function createSiteSpace(parts: SiteParts): SiteSpace {
  const { files, lookup, readModels } = parts
  return {
    async space({ member }) {
      const [disk, rules, dirlog] = await Promise.all([
        files.space(),
        lookup.sections(),
        dirlogOf(parts, member),
      ])
      const names = Object.keys(rules).filter((each) => dirlog.seesSection(each))
      const hidden: string[] = []
      for (const name of names) {
        const sees = dirlog.view.seesIn(`/${name}`)
        const { releases } = await lookup.section(name)
        for (const [release, race] of Object.entries(releases)) {
          if (!sees(release)) hidden.push(race)
        }
      }
      const totals = new Map(
        (await readModels.sectionTotals(hidden)).map((each) => [each.section, each]),
      )
      const sections = names.toSorted().map((section) => ({
        ...(totals.get(section) ?? { section, releases: 0, files: 0, sizeBytes: 0 }),
        neededMib: rules[section]!.freeSpaceMib,
      }))
      return { ...disk, sections }
    },
  }
}

/** Before an upload begins. Rejects with `no-space`. */
export async function assertSpace(
  { files }: Pick<SiteParts, 'files'>,
  { freeSpaceMib }: Pick<SectionRules, 'freeSpaceMib'>,
): Promise<void> {
  if (freeSpaceMib === 0) return
  const { freeBytes } = await files.space()
  if (freeBytes >= freeSpaceMib * MIB) return
  throw new Refusal(SITE_REFUSALS.noSpace, 'Too little space is left for an upload.')
}
