import { assign, setup } from 'xstate'

import type { RaceContext } from '#actors/race/race.commands.ts'
import { emptyRace } from '#actors/race/race.counts.ts'
import { raceFolds } from '#actors/race/race.fold.ts'
import type { RaceFact } from '#events/race.facts.ts'

/**
 * The context belongs to this activation alone, so its records are changed in place: copying 500
 * files for each of 500 facts would cost more than all else. XState's `can` takes a transition
 * without an action for none, so each fact has one.
 */
const fold = assign<RaceContext, RaceFact, undefined, RaceFact, never>(({ context, event }) => {
  const apply = raceFolds[event.type] as (race: RaceContext, fact: RaceFact) => void
  apply(context, event)
  return { ...context }
})

/** Facts that leave the race as open or complete as it is. */
const FACTS_WITHIN = [
  'race.directory-made',
  'race.directory-removed',
  'race.upload-started',
  'race.upload-aborted',
  'race.file-accepted',
  'race.file-rejected',
  'race.file-found',
  'race.file-verified',
  'race.file-cleared',
  'race.entry-matched',
  'race.file-warned',
  'race.file-marked-bad',
  'race.file-deleted',
  'race.file-wiped',
  'race.file-lost',
  'race.file-renamed',
  'race.file-touched',
  'race.mode-set',
  'race.sfv-added',
  'race.sfv-replaced',
  'race.diz-added',
  'race.audio-tagged',
  'race.speed-tested',
  'race.started',
  'race.racer-joined',
  'race.leader-changed',
  'race.nuked',
  'race.unnuked',
  'race.published',
  'race.renamed',
] as const satisfies readonly RaceFact['type'][]

const within = Object.fromEntries(FACTS_WITHIN.map((type) => [type, { actions: fold }]))

const removed = { target: 'removed', actions: fold }

export const raceMachine = setup({
  types: { context: {} as RaceContext, events: {} as RaceFact },
}).createMachine({
  id: 'race',
  initial: 'absent',
  context: emptyRace,
  states: {
    absent: { on: { 'race.created': { target: 'open', actions: fold } } },
    open: {
      on: {
        ...within,
        'race.halfway-reached': { actions: fold },
        'race.completed': { target: 'complete', actions: fold },
        'race.removed': removed,
        'race.wiped': removed,
      },
    },
    complete: {
      on: {
        ...within,
        'race.became-incomplete': { target: 'open', actions: fold },
        'race.removed': removed,
        'race.wiped': removed,
      },
    },
    removed: {},
  },
})
