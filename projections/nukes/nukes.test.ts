import { expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { nukesProjection } from '#projections/nukes/nukes.projection.ts'
import { nukees, nukes } from '#projections/nukes/nukes.tables.ts'

test('each nuke is kept with whom it was about, and with how it was undone', () => {
  const brought = [{ member: 'ann', group: 'G', files: 2, sizeBytes: 20 }]
  const nuke = { multiplier: 3, reason: 'bad', name: 'R' }
  const given = new GivenFacts()
    .add('race-1', 'race.nuked', { ...nuke, nukees: brought, empty: null }, { by: 'sue', at: 5 })
    .add(
      'race-2',
      'race.nuked',
      { ...nuke, nukees: [], empty: { member: 'bob', sizeBytes: 9 } },
      { by: 'sue', at: 6 },
    )
  const first = given.facts[0]!.id
  given.add('race-1', 'race.unnuked', { nuke: first, reason: 'good' }, { by: 'tom', at: 7 })
  const rows = rowsAfter(nukesProjection, given.facts)
  const about = { name: 'R', nuker: 'sue', multiplier: 3, reason: 'bad' }
  const undone = { unnuker: 'tom', unnuked_at: 7, unnuked_position: 3, unnuke_reason: 'good' }
  expect(rows.of(nukes)).toMatchObject([
    { race_id: '1', ...about, at: 5, position: 1, files: 2, size_bytes: 20, ...undone },
    { race_id: '2', ...about, at: 6, position: 2, files: 0, size_bytes: 0, unnuker: null },
  ])
  expect(rows.of(nukees)).toMatchObject([
    { nuke: first, member: 'ann', files: 2, size_bytes: 20 },
    { member: 'bob', files: 0, size_bytes: 0 },
  ])
})
