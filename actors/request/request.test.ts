import { expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { requestActor } from '#actors/request/request.actor.ts'
import type { RequestCommand } from '#actors/request/request.commands.ts'

const make: RequestCommand = { type: 'request.make', name: 'Thing', section: null }
const fill: RequestCommand = { type: 'request.fill', path: '/mp3/Thing-G' }
const withdraw: RequestCommand = { type: 'request.withdraw' }

it('is open until somebody fills it, and may be made again', () => {
  const story = createStory(requestActor)
  story.env.by = 'ann'
  expect(story.refusal(fill)).toMatchObject({ code: 'no-such-request' })
  expect(story.types(make)).toEqual(['made'])
  story.env.by = 'bob'
  expect(story.refusal(make)).toMatchObject({ code: 'request-exists', fields: { member: 'ann' } })
  expect(story.types(fill)).toEqual(['filled'])
  expect(story.refusal(fill)).toMatchObject({ code: 'no-such-request' })
  expect(story.types(make)).toEqual(['made'])
  expect(story.context).toMatchObject({ name: 'Thing', by: 'bob' })
  const live = structuredClone(story.context)
  expect(story.replayed().context).toEqual(live)
})

it('is withdrawn by who made it, and by whom the policy grants that', () => {
  const story = createStory(requestActor)
  story.env.by = 'ann'
  story.tell(make)
  story.env.by = 'bob'
  expect(story.refusal(withdraw)).toMatchObject({ code: 'not-yours', fields: { member: 'ann' } })
  story.env.isGranted = true
  expect(story.types(withdraw)).toEqual(['withdrawn'])
})
