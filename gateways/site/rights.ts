import type { CommandContext } from '#actors/kernel/host.ts'
import type { PathRight } from '#actors/policy/actions.ts'
import type { PolicyAnswer } from '#actors/policy/policy-request.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'

import { type PolicyView, refusalOf } from '#gateways/members/policy.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { noSuchPath } from '#gateways/site/lookup.ts'
import type { SiteDeps } from '#gateways/site/parts.ts'
import { formatPath, partsOf, type SitePath } from '#gateways/site/path.ts'
import type { SiteEntry } from '#gateways/site/listings/site-entry.ts'

/** What a caller may do on the site, as of one moment. */
export interface SiteRights {
  /**
   * Throws `forbidden` when the caller has none of the rights at the path, and the refusal of a
   * path that is not there when it is hidden from the caller.
   */
  assert(rights: PathRight | readonly PathRight[], path: SitePath, about?: About): PolicyAnswer
  /** The same for what is `owner`'s; throws `not-yours` when it is for owners alone. */
  assertOwn(right: 'delete' | 'rename', path: SitePath, owner: string): PolicyAnswer
  /** Whether the caller has the right at the path. */
  allows(right: PathRight, path: SitePath): boolean
  sees(path: SitePath): boolean
  /** Whether nothing with a plain name (`isPlain`) is hidden from the caller below a folder. */
  seesAllPlain(folder: SitePath): boolean
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
    allows: (action, path) => view.ask({ action, path: formatPath(path) }).isAllowed,
    sees: (path) => view.sees(formatPath(path)),
    seesAllPlain: (folder) => view.seesAllPlain(formatPath(folder)),
    seenOf(folder, entries) {
      const path = formatPath(folder)
      const sees = view.seesIn(path)
      return entries.filter(({ isStatus, name, about = name, tellsOf = [] }) => {
        // The bar tells of the folder itself.
        const isSeen = (isStatus && about === name) || sees(about)
        return isSeen && tellsOf.every((each) => view.sees(`${path}/${each}`))
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
  const ask = (isTakenForAbsent: boolean) =>
    rights.map((action) => ({ action, answer: view.ask({ action, path, isTakenForAbsent }) }))
  const answers = ask(false)
  const allowed = answers.find(({ answer }) => answer.isAllowed)
  if (allowed) return allowed.answer
  const isHidden = answers.some(({ answer }) => answer.reason === 'private-path')
  // That it is there at all is what nobody else may know: who may do nothing at such a path is
  // told that, and all others that it is not there, as of a path that is not.
  const told = isHidden ? ask(true) : answers
  if (told.some(({ answer }) => answer.isAllowed)) throw absent ?? noSuchPath(path)
  const [{ action, answer }] = told as [(typeof told)[number]]
  throw refusalOf(action, answer)
}
