import { type Fact, refOf } from '#events/fact.ts'

import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, update, type Write } from '#projections/kernel/writes.ts'
import { raceBoard } from '#projections/race-board/race-board.table.ts'

/** The race that a fact of its stream is about. */
const raceOf = (fact: Fact): { race_id: string } => ({ race_id: refOf(fact.stream)?.id ?? '' })

const NOT_NUKED = { nuked_at: null, nuker: null, nuke_multiplier: null, nuke_reason: null }

export const raceBoardProjection = defineProjection({
  name: 'race-board',
  version: 2,
  tables: [raceBoard],
  on: {
    'race.created': (fact) => [
      put(raceBoard, {
        ...raceOf(fact),
        section: fact.data.section,
        release: fact.data.release,
        state: 'open',
        leader: null,
        created_at: fact.meta.at,
        created_position: fact.position,
        started_at: null,
        completed_at: null,
        ...NOT_NUKED,
        published_at: null,
        published_by: null,
        position: fact.position,
      }),
    ],
    'race.started': (fact) => [
      update(raceBoard, raceOf(fact), { leader: fact.data.member, started_at: fact.meta.at }),
    ],
    'race.leader-changed': (fact) => [
      update(raceBoard, raceOf(fact), { leader: fact.data.leader.member }),
    ],
    'race.completed': (fact) => [
      update(raceBoard, raceOf(fact), { state: 'complete', completed_at: fact.meta.at }),
    ],
    'race.became-incomplete': (fact) => [
      update(raceBoard, raceOf(fact), { state: 'open', completed_at: null }),
    ],
    'race.renamed': (fact) => [
      update(raceBoard, raceOf(fact), { section: fact.data.section, release: fact.data.release }),
    ],
    'race.nuked': (fact) => [
      update(raceBoard, raceOf(fact), {
        nuked_at: fact.meta.at,
        nuker: fact.meta.by ?? '',
        nuke_multiplier: fact.data.multiplier,
        nuke_reason: fact.data.reason,
      }),
    ],
    'race.unnuked': (fact) => [update(raceBoard, raceOf(fact), NOT_NUKED)],
    'race.published': (fact) => [
      update(raceBoard, raceOf(fact), {
        published_at: fact.meta.at,
        published_by: fact.data.group,
      }),
    ],
    'race.wiped': (fact) => [update(raceBoard, raceOf(fact), { state: 'removed' })],
    'race.removed': (fact) => [update(raceBoard, raceOf(fact), { state: 'removed' })],
  },
  onEvery: position,
})

/** Runs before the others, so that `race.created` makes the row after it. */
function position(fact: Fact): readonly Write[] {
  if (!fact.stream.startsWith('race-')) return []
  return [update(raceBoard, raceOf(fact), { position: fact.position })]
}
