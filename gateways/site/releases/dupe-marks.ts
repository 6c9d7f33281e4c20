import type { PolicyAnswer } from '#actors/policy/policy-request.ts'
import { SITE, type SiteCommand } from '#actors/site/site.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { lastOf } from '#events/release-paths.ts'
import type { Receipt } from '#actors/kernel/host.ts'

import { refusalOf } from '#gateways/members/policy.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { dirlogOf } from '#gateways/site/releases/dirlog.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { parsePath, ROOT } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

export type DupeKind = 'release' | 'file'

/** What those with the right `undupe` say of names. */
export interface SiteDupeMarks {
  /**
   * What fits the pattern may be brought again, as far as the caller may see it and has the right
   * wherever it was. Rejects with `no-such-dupe`.
   */
  clearDupes(
    caller: SiteCaller,
    of: DupeKind,
    pattern: string,
  ): Promise<{ readonly names: readonly string[]; readonly receipt: Receipt }>
  /** A name that may not be brought, though it never was here. */
  declareDupe(caller: SiteCaller, of: DupeKind, name: string): Promise<Receipt>
}

interface Brought {
  readonly name: string
  readonly isSeen: boolean
  readonly answer: PolicyAnswer
}

/** Names at once. */
const AT_ONCE = 1_000

export function createSiteDupeMarks(parts: SiteParts): SiteDupeMarks {
  const { host, readModels } = parts
  const send = (caller: SiteCaller, command: SiteCommand) =>
    host.send({ kind: 'site', id: SITE }, command, caller.context())

  /** Names that were here, with whether the caller may know of each, and say so of it there. */
  async function brought(caller: SiteCaller, of: DupeKind, pattern: string): Promise<Brought[]> {
    const { view, sees, seesFile } = await dirlogOf(parts, caller.member)
    // A hidden place counts as any other that is not there: it is not told by what is refused.
    const askAt = (section: string, release: string) =>
      view.ask({ action: 'undupe', path: `/${section}/${release}`, isTakenForAbsent: true })
    if (of === 'release') {
      const { items } = await readModels.releases({ pattern, limit: AT_ONCE })
      return items.map(({ section, name }) => {
        return { name, isSeen: sees(section, name), answer: askAt(section, name) }
      })
    }
    const { items } = await readModels.releaseFiles({ pattern, limit: AT_ONCE })
    return items.map(({ section, release, file }) => {
      const isSeen = seesFile(section, release, file)
      return { name: lastOf(file), isSeen, answer: askAt(section, release) }
    })
  }

  return {
    async clearDupes(caller, of, pattern) {
      const view = await parts.policy.viewOf(caller.member)
      const everywhere = view.ask({ action: 'undupe', path: '/' })
      const declared = everywhere.isAllowed
        ? await readModels.declaredDupes({ of, pattern, limit: AT_ONCE })
        : []
      const known = await brought(caller, of, pattern)
      const refused = known.filter(({ answer }) => !answer.isAllowed)
      // A name is let go in all sections at once: that takes the right in each that it was in.
      const kept = new Set(refused.map(({ name }) => name.toLowerCase()))
      const seen = known.filter(({ isSeen }) => isSeen).map(({ name }) => name)
      const names = [...new Set([...declared, ...seen])].filter(
        (name) => !kept.has(name.toLowerCase()),
      )
      if (names.length === 0) {
        const { answer = everywhere } = refused.find(({ isSeen }) => isSeen) ?? {}
        if (!answer.isAllowed) throw refusalOf('undupe', answer)
        throw new Refusal(SITE_REFUSALS.noSuchDupe, `${pattern}: no such name was here.`)
      }
      const cleared = names.slice(0, AT_ONCE)
      const receipt = await send(caller, { type: 'site.clear-dupes', of, names: cleared })
      return { names: cleared, receipt }
    },
    async declareDupe(caller, of, name) {
      const view = await parts.policy.viewOf(caller.member)
      view.assert({ action: 'undupe', path: '/' })
      const path = parsePath(ROOT, name)
      if (path.kind !== 'section') {
        throw new Refusal(SITE_REFUSALS.invalidName, 'That is no name for one release or file.')
      }
      return await send(caller, { type: 'site.declare-dupes', of, names: [path.section] })
    },
  }
}
