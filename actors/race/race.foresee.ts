import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { raceFolds } from '#actors/race/race.fold.ts'
import { consequencesOf, tallyOf } from '#actors/race/race.standings.ts'
import type { RaceDecided, RaceFact } from '#events/race.facts.ts'

/**
 * The facts and what follows from them, by folding them onto a copy of the race. For commands
 * that change much at once; an upload, of which there are thousands, keeps its own tally.
 */
export function withConsequences(
  { value, context }: ActorState<RaceContext>,
  facts: readonly RaceDecided[],
  env: DecideEnv,
): RaceDecided[] {
  const after = foresee(context, facts, env)
  return [...facts, ...consequencesOf(tallyOf(after, value === 'complete', context), env.now)]
}

/** The race as the facts will make it. */
export function foresee(
  context: Readonly<RaceContext>,
  facts: readonly RaceDecided[],
  env: DecideEnv,
): RaceContext {
  const race = copyOf(context)
  for (const { type, data } of facts) {
    const meta = { at: env.now, by: env.by, connection: env.connection }
    const apply = raceFolds[type] as (race: RaceContext, fact: RaceFact) => void
    apply(race, { type, data, meta } as RaceFact)
  }
  return race
}

/** Folds change the race's records, and put new values in them; they never change a value. */
function copyOf(context: Readonly<RaceContext>): RaceContext {
  return {
    ...context,
    directories: { ...context.directories },
    files: { ...context.files },
    uploads: { ...context.uploads },
    partials: { ...context.partials },
    expected: { ...context.expected },
    sfvs: { ...context.sfvs },
    racers: { ...context.racers },
    zips: { ...context.zips },
    modes: { ...context.modes },
  }
}
