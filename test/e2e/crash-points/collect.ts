import { isDeepStrictEqual } from 'node:util'

import { Fold } from '#actors/kernel/fold.ts'
import { announcementOf } from '#actors/room/race-announcements.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { type Fact, kindOf, refOf } from '#events/fact.ts'

import type { Life } from '#test/e2e/crash-points/life.ts'
import { definitions } from '#test/e2e/crash-points/site.ts'
import type { SiteRun } from '#test/e2e/crash-points/site-run.ts'
import type { Hearing, History, StateComparison } from '#test/simulation/history.ts'

const HOME = { section: 'x', release: 'x' }

/** Whether the announcer has something to say about it. */
export const isAnnounced = (fact: Fact) => announcementOf(fact as KnownFact, HOME) !== undefined

/** Which fact each announcement is about. */
export const announcements = (log: readonly Fact[]) =>
  log
    .filter(({ type }) => type === 'room.announced')
    .map(({ data }) => data as { readonly about: string })

/** Connections that neither logged in nor were sent away. */
export function unexpired(log: readonly Fact[]): string[] {
  const open = new Set<string>()
  for (const { stream, type } of log) {
    if (type === 'connection.opened') open.add(stream)
    else if (type === 'connection.authenticated' || type === 'connection.closed')
      open.delete(stream)
  }
  return [...open]
}

/** Puts together what is known of a run, for the history checker. */
export function collectHistory(
  run: SiteRun,
  log: readonly Fact[],
  states: readonly StateComparison[],
  follower: Hearing,
): History {
  const listeners = run.listenings.map(({ after, facts }, index) => ({
    name: `listener ${index + 1}`,
    after,
    mayRepeat: false,
    facts,
  }))
  return {
    log,
    commands: [...run.commands.values()],
    hearings: [...listeners, follower],
    expectedEffects: log.filter(isAnnounced).map(({ id }) => id),
    effects: announcements(log),
    states,
    tables: [],
    overdue: unexpired(log),
    faults: run.faults,
  }
}

/** Each actor's state, restored from snapshots after so many deaths, beside the fold of its facts. */
export async function compareStates(life: Life, log: readonly Fact[]): Promise<StateComparison[]> {
  const streams = [...Map.groupBy(log, ({ stream }) => stream)]
  return await Promise.all(
    streams.map(async ([stream, facts]) => {
      const told = await life.ask({ ask: 'state', ref: refOf(stream)! })
      if (told.say !== 'state') throw new Error(`${stream}: ${told.say} for a state`)
      const { value, context, version } = told.state
      const folded = fold(stream, facts)
      const live = { value, context, version }
      const isSame = isDeepStrictEqual(live, folded)
      return { stream, version, live: isSame ? null : live, folded: isSame ? null : folded }
    }),
  )
}

function fold(stream: string, facts: readonly Fact[]): unknown {
  const { machine } = definitions.find(({ kind }) => kind === kindOf(stream))!
  const folded = new Fold(machine)
  for (const fact of facts) folded.apply(structuredClone(fact))
  const { value, context, version } = folded.state(facts.length - 1)
  return JSON.parse(JSON.stringify({ value, context, version }))
}
