import { expect, it } from 'vitest'

import { groupActor } from '#actors/group/group.actor.ts'
import { type GroupCommand, NEW_GROUP_LIMITS } from '#actors/group/group.commands.ts'
import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import type { GroupSlot } from '#events/group.facts.ts'

function createGroup() {
  const story = createStory(groupActor)
  story.tell({ type: 'group.create', name: 'GRP' })
  const slot = (what: 'take' | 'free', account: string, sort: GroupSlot = 'member') =>
    story.types({ type: `group.${what}-slot`, account, slot: sort })
  return { story, slot }
}

it('is created once and described', () => {
  const story = createStory(groupActor)
  const create: GroupCommand = { type: 'group.create', name: 'GRP' }
  expect(story.types({ type: 'group.describe', description: 'x' })).toBe('no-such-group')
  expect([story.types(create), story.types(create)]).toEqual([['created'], []])
  expect(story.context).toMatchObject({ name: 'GRP', limits: NEW_GROUP_LIMITS, isPrivate: false })
  const describe: GroupCommand = { type: 'group.describe', description: 'the first' }
  expect([story.types(describe), story.types(describe)]).toEqual([['described'], []])
  const hide: GroupCommand = { type: 'group.set-privacy', isPrivate: true }
  expect([story.types(hide), story.types(hide)]).toEqual([['privacy-set'], []])
  expect(
    story.tell({ type: 'group.set-limits', limits: { slots: 2, leechSlots: 0, loginsMax: 9 } }),
  ).toEqual([{ type: 'group.limits-set', data: { slots: 2, loginsMax: 9 } }])
})

it('gives out as many slots of each sort as it has', () => {
  const { story, slot } = createGroup()
  expect(slot('take', 'alice')).toBe('no-free-slot')
  story.tell({ type: 'group.set-limits', limits: { slots: 1, leechSlots: null } })
  expect([slot('take', 'Alice'), slot('take', 'alice')]).toEqual([['slot-taken'], []])
  expect(story.refusal({ type: 'group.take-slot', account: 'bob', slot: 'member' })).toMatchObject({
    code: 'no-free-slot',
    fields: { slot: 'member', limit: 1 },
  })
  expect(slot('take', 'bob', 'leech')).toEqual(['slot-taken'])
  expect(slot('take', 'bob', 'allotment')).toBe('no-free-slot')
  expect([slot('free', 'bob'), slot('free', 'alice')]).toEqual([[], ['slot-freed']])
  expect(slot('take', 'bob')).toEqual(['slot-taken'])
  // Fewer than are held: those who have one keep it.
  story.tell({ type: 'group.set-limits', limits: { slots: 0 } })
  expect(story.context.slots).toEqual({ member: ['bob'], leech: ['bob'], allotment: [] })
})

it('is deleted and read again, and frees slots meanwhile', () => {
  const { story, slot } = createGroup()
  story.tell({ type: 'group.set-limits', limits: { slots: 2 } })
  slot('take', 'alice')
  expect(story.types({ type: 'group.readd' })).toEqual([])
  expect(story.types({ type: 'group.delete' })).toEqual(['deleted'])
  expect(story.types({ type: 'group.delete' })).toEqual([])
  expect(story.types({ type: 'group.create', name: 'GRP' })).toBe('group-deleted')
  expect(slot('take', 'bob')).toBe('group-deleted')
  expect(slot('free', 'alice')).toEqual(['slot-freed'])
  expect(story.types({ type: 'group.readd' })).toEqual(['readded'])
  const live = structuredClone(story.state())
  expect(live.context.slots.member).toEqual([])
  expect(story.replayed()).toEqual(live)
})
