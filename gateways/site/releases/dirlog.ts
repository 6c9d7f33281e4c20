import type { AccountContext } from '#actors/account/account.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { isHidden } from '#actors/site/section-names.ts'
import { sectionsNow } from '#actors/site/sections-now.ts'
import { entryOf } from '#events/records.ts'
import type { SectionRules } from '#events/section-rules.ts'
import type { Page, ReadModels } from '#projections/read-models.ts'
import type { ReleaseEntry, ReleaseFileEntry, ReleasesQuery } from '#projections/release-models.ts'

import type { Member } from '#gateways/kernel/login.ts'
import type { Policy, PolicyProof, PolicyView } from '#gateways/members/policy.ts'
import { seenPage } from '#gateways/site/releases/seen-page.ts'

export interface DirlogDeps {
  readonly host: ActorHost
  readonly policy: Pick<Policy, 'viewOf'>
  readonly readModels: Pick<ReadModels, 'releases' | 'releaseFiles'>
}

/** What one member may know of what was ever brought. */
export interface DirlogView {
  readonly view: PolicyView
  /** Whether a section is there for the member. */
  seesSection(section: string): boolean
  /** Whether the release may be named, though it may have gone. */
  sees(section: string, release: string): boolean
  seesFile(section: string, release: string, file: string): boolean
  /** Whether listings show files of that name. */
  lists(section: string, file: string): boolean
}

const SITEOP = '1'

/**
 * By the rights `dirlog` and `list` at the path. What a group prepares is for the group, and what
 * was in a section that is no more could have been that.
 */
export async function dirlogOf(
  { host, policy }: Omit<DirlogDeps, 'readModels'>,
  member: Pick<Member, 'id'> & PolicyProof,
): Promise<DirlogView> {
  const [view, sections, { context: account }] = await Promise.all([
    policy.viewOf(member),
    sectionsNow(host),
    host.state<AccountContext>({ kind: 'account', id: member.id }),
  ])
  const groups = Object.keys(account.groups)
  const isSiteop = account.flags.includes(SITEOP)
  const isOpen = (section: string): boolean => {
    const rules = entryOf(sections, section)
    return isSiteop || (rules !== undefined && !isOthers(rules, groups))
  }
  const may = (path: string): boolean =>
    view.ask({ action: 'dirlog', path }).isAllowed && view.ask({ action: 'list', path }).isAllowed
  return {
    view,
    seesSection: (section) => isOpen(section) && view.sees(`/${section}`),
    sees: (section, release) => isOpen(section) && may(`/${section}/${release}`),
    seesFile: (section, release, file) =>
      isOpen(section) &&
      may(`/${section}/${release}`) &&
      view.sees(`/${section}/${release}/${file}`),
    lists(section, file) {
      const rules = entryOf(sections, section)
      return rules === undefined || !isHidden(rules, file.slice(file.lastIndexOf('/') + 1))
    },
  }
}

function isOthers({ purpose, group }: SectionRules, groups: readonly string[]): boolean {
  return purpose === 'pre' && !groups.some((own) => isSameGroup(own, group ?? ''))
}

/** The newest releases that the member may see and that the query is about. */
export async function seenReleases(
  deps: DirlogDeps,
  member: Pick<Member, 'id'> & PolicyProof,
  query: ReleasesQuery,
): Promise<Page<ReleaseEntry>> {
  const dirlog = await dirlogOf(deps, member)
  const { section } = query
  const isSectionSeen = section === undefined || dirlog.seesSection(section)
  return await seenPage(
    query,
    (place) => deps.readModels.releases({ ...query, ...place }),
    (release) => dirlog.sees(release.section, release.name),
    isSectionSeen,
  )
}

/** The newest files that the member may see and that have all of the words in their names. */
export async function seenFiles(
  deps: DirlogDeps,
  member: Pick<Member, 'id'> & PolicyProof,
  words: readonly string[],
  limit: number,
): Promise<readonly ReleaseFileEntry[]> {
  const dirlog = await dirlogOf(deps, member)
  const { items } = await seenPage(
    { limit },
    (place) => deps.readModels.releaseFiles({ words, ...place }),
    ({ section, release, file }) =>
      dirlog.seesFile(section, release, file) && dirlog.lists(section, file),
  )
  return items
}
