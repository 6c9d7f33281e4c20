import { expect, it } from 'vitest'

import { identityActor } from '#actors/identity/identity.actor.ts'
import { createStory } from '#actors/kernel/actor-story.fixture.ts'

it('belongs to one account at a time', () => {
  const story = createStory(identityActor)
  const claim = (account: string) => story.types({ type: 'identity.claim', provider: 'x', account })
  const release = (account: string) => story.types({ type: 'identity.release', account })
  expect(release('alice')).toEqual([])
  expect(claim('alice')).toEqual(['claimed'])
  expect(claim('alice')).toEqual([])
  expect(claim('bob')).toBe('identity-taken')
  expect(release('bob')).toEqual([])
  expect(story.context).toEqual({ provider: 'x', account: 'alice' })
  expect(release('alice')).toEqual(['released'])
  expect(story.context).toEqual({ provider: '', account: '' })
  expect(claim('bob')).toEqual(['claimed'])
  expect(story.replayed()).toMatchObject({
    value: 'claimed',
    context: { provider: 'x', account: 'bob' },
  })
})
