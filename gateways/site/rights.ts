import type { CommandContext } from '#actors/kernel/host.ts'
import type { PathRight } from '#actors/policy/actions.ts'
import type { PolicyAnswer } from '#actors/policy/policy-request.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'

import { type PolicyView, refusalOf } from '#gateways/members/policy.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SiteEntry } from '#gateways/site/listing.ts'
import { noSuchPath } from '#gateways/site/lookup.ts'
import type { SiteDeps } from '#gateways/site/parts.ts'
import { formatPath, partsOf, type SitePath } from '#gateways/site/path.ts'

/** What a caller may do on the site, as of one moment. */
export interface SiteRights {
  /**
   * Throws `forbidden` when the caller has none of the rights at the path, and the refusal of a
   * path that is not there when it is hidden from the caller.
   */
  assert(rights: PathRight | readonly PathRight[], path: SitePath, about?: About): PolicyAnswer
  /** The same for what is `owner`'s; throws `not-yours` when it is for owners alone. */
  assertOwn(right: 'delete' | 'rename', path: SitePath, owner: string): PolicyAnswer
  sees(path: SitePath): boolean
  /** Without the entries that are hidden from the caller, and what would tell of them. */
  seenOf(folder: SitePath, entries: readonly SiteEntry[]): readonly SiteEntry[]
}

interface About {
  /** What a path that is not there is answered with. Default: `no-such-path`. */
  readonly absent?: Refusal
}

export async function rightsOf(
  { policy }: Pick<SiteDeps, 'policy'>,
  { member }: SiteCaller,
): Promise<SiteRights> {
  const view = await policy.viewOf(member)
  return {
    assert: (rights, path, about = {}) => assertAny(view, [rights].flat(), path, about),
    assertOwn(action, path, owner) {
      const asked = { action, path: formatPath(path), isOwner: owner === member.id }
      const answer = view.ask(asked)
      if (answer.isAllowed) return answer
      // Without whose it is, the right of owners is answered as if it were the caller's.
      assertAny(view, [action, OWN[action]], path, {})
      const name = partsOf(path).at(-1)
      const words = `${name} belongs to ${owner}.`
      throw new Refusal(RACE_REFUSALS.notYours, words, { file: name, member: owner })
    },
    sees: (path) => view.sees(formatPath(path)),
    seenOf(folder, entries) {
      const sees = view.seesIn(formatPath(folder))
      return entries.filter(({ isStatus, name, about = name }) => {
        // The bar tells of the folder itself.
        return (isStatus && about === name) || sees(about)
      })
    },
  }
}

const OWN = { delete: 'deleteown', rename: 'renameown' } as const

/**
 * The context of a command that the policy has allowed. What it allows as the owner's alone, the
 * actor's own rules still check: the thing may have changed hands meanwhile.
 */
export function grantedContext(
  caller: SiteCaller,
  ...answers: readonly PolicyAnswer[]
): CommandContext {
  const isGranted = answers.every(({ reason }) => reason !== 'granted-as-owner')
  return { ...caller.context(), isGranted }
}

function assertAny(
  view: PolicyView,
  rights: readonly PathRight[],
  where: SitePath,
  { absent }: About,
): PolicyAnswer {
  const path = formatPath(where)
  const answers = rights.map((action) => ({ action, answer: view.ask({ action, path }) }))
  const allowed = answers.find(({ answer }) => answer.isAllowed)
  if (allowed) return allowed.answer
  const [{ action, answer }] = answers as [(typeof answers)[number]]
  // That it is there at all is what nobody else may know.
  if (answer.reason === 'private-path') throw absent ?? noSuchPath(path)
  throw refusalOf(action, answer)
}
