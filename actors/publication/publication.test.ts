import { expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { publicationActor } from '#actors/publication/publication.actor.ts'
import {
  PUBLICATION_LIMITS,
  type PublicationCommand,
} from '#actors/publication/publication.commands.ts'

const NOW = 1_000_000
const schedule = (dueAtMs: number): PublicationCommand => ({
  type: 'publication.schedule',
  section: 'pre-G',
  release: 'R',
  to: 'mp3',
  dueAtMs,
})
const due: PublicationCommand = { type: 'publication.fall-due' }
const cancel: PublicationCommand = { type: 'publication.cancel' }
const end = (refusal: { code: string; words: string } | null): PublicationCommand => ({
  type: 'publication.end',
  refusal,
})

it('falls due at its time, once, and not when it was cancelled', () => {
  const story = createStory(publicationActor, NOW)
  expect(story.deadline()).toBeUndefined()
  expect(story.types(schedule(NOW + 10))).toEqual(['scheduled'])
  expect(story.deadline()).toEqual({ at: NOW + 10, command: due })
  expect(story.types(due)).toEqual([])
  expect(story.types(cancel)).toEqual(['cancelled'])
  expect(story.deadline()).toBeUndefined()
  expect(story.refusal(cancel)).toMatchObject({ code: 'publication-not-scheduled' })
  story.tell(schedule(NOW + 10))
  expect(story.types(schedule(NOW + 20))).toEqual(['scheduled'])
  story.env.now = NOW + 20
  expect([story.types(due), story.types(due)]).toEqual([['fell-due'], []])
  expect(story.deadline()).toBeUndefined()
  expect(story.refusal(cancel)).toMatchObject({ code: 'publication-not-scheduled' })
})

it('keeps why it was not done, until a new time is set', () => {
  const story = createStory(publicationActor, NOW)
  expect(story.types(end(null))).toEqual([])
  story.tell(schedule(NOW + 1))
  story.env.now = NOW + 1
  story.tell(due)
  const failure = { code: 'release-exists', words: 'R already exists.' }
  expect(story.types(end(failure))).toEqual(['failed'])
  expect(story.context.failure).toEqual(failure)
  story.tell(schedule(NOW + 5))
  expect(story.context.failure).toBeNull()
  story.env.now = NOW + 5
  story.tell(due)
  expect([story.types(end(null)), story.types(end(null))]).toEqual([['done'], []])
  const live = structuredClone(story.context)
  expect(story.replayed().context).toEqual(live)
})

it.each([NOW, NOW - 1, NOW + PUBLICATION_LIMITS.aheadMs + 1])('is not set for %i', (dueAtMs) => {
  const story = createStory(publicationActor, NOW)
  expect(story.refusal(schedule(dueAtMs))).toMatchObject({ code: 'invalid-publication-time' })
})
