import type { ActorHost } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { Clock } from '#events/clock.ts'
import { type Fact, kindOf, NO_VERSION, refOf } from '#events/fact.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { RecentMap } from '#gateways/kernel/recent-map.ts'
import type { Policy, PolicyView } from '#gateways/members/policy.ts'

import { maySeeFact } from '#gateways/ws/visibility.ts'

/** Facts come by thousands a second: what the member may do is asked again after so long. */
const VIEW_MS = 1_000
/** Releases whose paths are remembered. */
const PATHS = 1_000

export interface SeenFactsDeps {
  readonly host: Pick<ActorHost, 'state'>
  readonly policy: Pick<Policy, 'viewOf'>
  readonly clock: Clock
  readonly member: () => Member
  readonly isInRoom: (room: string) => boolean
}

/** Which of the facts that one client follows it may see. */
export interface SeenFacts {
  /** At once when it is known. The promise rejects with a `Refusal` of the host. */
  sees(fact: Fact): boolean | Promise<boolean>
}

export function createSeenFacts(deps: SeenFactsDeps): SeenFacts {
  const { host, policy, clock, member, isInRoom } = deps
  const paths = new RecentMap<string, string>(PATHS)
  let last: { readonly at: number; readonly view: PolicyView } | undefined

  async function freshView(): Promise<PolicyView> {
    const at = clock.now()
    const view = await policy.viewOf(member())
    last = { at, view }
    return view
  }

  /** A race that is removed keeps the path that it had. */
  async function learnPath(race: string): Promise<void> {
    const { version, context } = await host.state<RaceContext>({ kind: 'race', id: race })
    const { section, release } = context
    paths.set(race, version === NO_VERSION ? '/' : `/${section}/${release}`)
  }

  async function ask(fact: Fact, race: string | undefined): Promise<boolean> {
    const view = await freshView()
    if (race !== undefined) await learnPath(race)
    return maySeeFact(fact, { view, isInRoom }, (id) => paths.get(id)) ?? false
  }

  return {
    sees(fact) {
      const race = kindOf(fact.stream) === 'race' ? refOf(fact.stream)?.id : undefined
      const isMoved = fact.type === 'race.renamed'
      const view = last && clock.now() - last.at < VIEW_MS ? last.view : undefined
      const known =
        view && !isMoved ? maySeeFact(fact, { view, isInRoom }, (id) => paths.get(id)) : undefined
      return known ?? ask(fact, race)
    },
  }
}
