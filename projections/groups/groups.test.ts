import { describe, expect, test } from 'vitest'

import { groupsProjection } from '#projections/groups/groups.projection.ts'
import { groups, groupSlots } from '#projections/groups/groups.tables.ts'
import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'

const given = () => new GivenFacts().add('group-grp', 'group.created', { name: 'GRP' }, { at: 1 })

describe('a group', () => {
  test('that is new has nothing to give away', () => {
    expect(rowsAfter(groupsProjection, given().facts).of(groups)).toEqual([
      {
        group_id: 'grp',
        name: 'GRP',
        description: '',
        is_private: false,
        is_deleted: false,
        created_at: 1,
        slots: 0,
        leech_slots: 0,
        allotment_slots: 0,
        allotment_bytes_max: null,
        logins_max: null,
      },
    ])
  })

  test('has what its facts have set, and keeps the limits that they do not name', () => {
    const changed = given()
      .add('group-grp', 'group.described', { description: 'of friends' })
      .add('group-grp', 'group.privacy-set', { isPrivate: true })
      .add('group-grp', 'group.limits-set', { slots: 5, loginsMax: 3 })
      .add('group-grp', 'group.limits-set', { slots: null, allotmentBytesMax: 100 })
      .add('group-grp', 'group.limits-set', {})
      .add('group-grp', 'group.deleted', {})
    expect(rowsAfter(groupsProjection, changed.facts).of(groups)[0]).toMatchObject({
      description: 'of friends',
      is_private: true,
      is_deleted: true,
      slots: null,
      leech_slots: 0,
      allotment_bytes_max: 100,
      logins_max: 3,
    })
    changed.add('group-grp', 'group.readded', {})
    expect(rowsAfter(groupsProjection, changed.facts).of(groups)[0]).toMatchObject({
      is_deleted: false,
    })
  })

  test('knows who holds its slots', () => {
    const { facts } = given()
      .add('group-grp', 'group.slot-taken', { account: 'ann', slot: 'member' }, { at: 5 })
      .add('group-grp', 'group.slot-taken', { account: 'bob', slot: 'member' })
      .add('group-grp', 'group.slot-taken', { account: 'ann', slot: 'leech' }, { at: 6 })
      .add('group-grp', 'group.slot-freed', { account: 'bob', slot: 'member' })
    expect(rowsAfter(groupsProjection, facts).of(groupSlots)).toEqual([
      { group_id: 'grp', slot: 'member', account: 'ann', since: 5 },
      { group_id: 'grp', slot: 'leech', account: 'ann', since: 6 },
    ])
  })
})
