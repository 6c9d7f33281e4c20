import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { raceBoardProjection } from '#projections/race-board/race-board.projection.ts'
import { raceBoard } from '#projections/race-board/race-board.table.ts'

const standing = (member: string) => ({ member, group: 'G', files: 1, sizeBytes: 1, durationMs: 1 })
const created = () =>
  new GivenFacts().add('race-1', 'race.created', { section: 'incoming', release: 'R' }, { at: 10 })
const boardAfter = (given: GivenFacts) => rowsAfter(raceBoardProjection, given.facts).of(raceBoard)

describe('the race board', () => {
  test('shows a race from its creation on', () => {
    expect(boardAfter(created())).toEqual([
      {
        race_id: '1',
        section: 'incoming',
        release: 'R',
        state: 'open',
        leader: null,
        created_at: 10,
        created_position: 1,
        started_at: null,
        completed_at: null,
        nuked_at: null,
        nuker: null,
        nuke_multiplier: null,
        nuke_reason: null,
        published_at: null,
        published_by: null,
        position: 1,
      },
    ])
  })

  test('follows it to its end and back', () => {
    const given = created()
      .add('race-1', 'race.started', { member: 'ann', group: 'G', expectedFiles: 2 }, { at: 20 })
      .add('race-1', 'race.leader-changed', { leader: standing('bob'), previous: standing('ann') })
      .add(
        'race-1',
        'race.completed',
        { files: 2, sizeBytes: 9, durationMs: 5, standings: [standing('bob')] },
        { at: 30 },
      )
    const complete = { leader: 'bob', state: 'complete', started_at: 20, completed_at: 30 }
    expect(boardAfter(given)).toMatchObject([{ ...complete, position: 4 }])
    given.add('race-1', 'race.became-incomplete', { missingFiles: 1 })
    expect(boardAfter(given)).toMatchObject([{ state: 'open', completed_at: null, position: 5 }])
  })

  test('keeps a removed race beside a later one of the same name', () => {
    const given = created()
      .add('race-1', 'race.removed', {})
      .add('race-2', 'race.created', { section: 'incoming', release: 'R' })
    expect(boardAfter(given)).toMatchObject([
      { race_id: '1', state: 'removed' },
      { race_id: '2', state: 'open' },
    ])
  })

  test('knows what is nuked while it is, and from whom it came', () => {
    const nuke = { multiplier: 3, reason: 'bad', name: 'R', nukees: [], empty: null }
    const given = created().add('race-1', 'race.nuked', nuke, { by: 'sue', at: 20 })
    const nuked = { nuked_at: 20, nuker: 'sue', nuke_multiplier: 3, nuke_reason: 'bad' }
    expect(boardAfter(given)).toMatchObject([{ ...nuked, state: 'open', position: 2 }])
    given.add('race-1', 'race.unnuked', { nuke: 'x', reason: 'good' })
    expect(boardAfter(given)).toMatchObject([{ nuked_at: null, nuker: null, nuke_reason: null }])
    const figures = { files: 1, sizeBytes: 1, uploaders: [] }
    given
      .add(
        'race-1',
        'race.published',
        { group: 'G', from: 'pre-G', to: 'x', ...figures },
        { at: 40 },
      )
      .add('race-1', 'race.wiped', { files: 1, sizeBytes: 1 })
    const published = { published_at: 40, published_by: 'G', state: 'removed' }
    expect(boardAfter(given)).toMatchObject([published])
  })

  test('knows a renamed race by its new name', () => {
    const given = created().add('race-1', 'race.renamed', { section: 'archive', release: 'S' })
    expect(boardAfter(given)).toMatchObject([{ section: 'archive', release: 'S', position: 2 }])
  })

  test('ignores what it does not know, but for the position of a race', () => {
    const given = created()
      .addUnknown('race-1', 'race.folded', { factor: 3 })
      .addUnknown('comet-1', 'constructor', {})
    expect(boardAfter(given)).toMatchObject([{ race_id: '1', state: 'open', position: 2 }])
  })
})
