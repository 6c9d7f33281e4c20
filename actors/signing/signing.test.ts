import { describe, expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { signingActor } from '#actors/signing/signing.actor.ts'
import { SIGNING_KEY_LIMIT, type SigningCommand } from '#actors/signing/signing.commands.ts'

function createSigning() {
  const story = createStory(signingActor, 1_000)
  return {
    keys: () => story.context.keys,
    kids: () => story.replayed().context.keys.map(({ kid }) => kid),
    tell(command: SigningCommand, by: string | null = null, flags = '') {
      Object.assign(story.env, { by, flags })
      return story.types(command)
    },
  }
}

const keyOf = (kid: string) => ({
  kid,
  publicKey: { crv: 'Ed25519', x: kid.padEnd(43, '_') } as const,
  signsFromMs: 1_000,
  retiresAtMs: 2_000,
})
const add = (kid: string, after: string | null, change: object = {}) =>
  ({ type: 'signing.add-key', ...keyOf(kid), after, ...change }) as const
const retire = (kid: string) => ({ type: 'signing.retire-key', kid }) as const

describe('signing', () => {
  it('adds keys one after the other, and takes them out of force', () => {
    const signing = createSigning()
    expect(signing.tell(add('a', null))).toEqual(['key-added'])
    expect(signing.tell(add('b', 'a'))).toEqual(['key-added'])
    expect(signing.keys()).toEqual([keyOf('a'), keyOf('b')])
    expect(signing.tell(retire('a'))).toEqual(['key-retired'])
    expect(signing.tell(retire('a'))).toEqual([])
    expect(signing.kids()).toEqual(['b'])
    expect(signing.tell(retire('b'))).toEqual(['key-retired'])
    expect(signing.tell(add('c', null))).toEqual(['key-added'])
  })

  it('takes one of two processes’ keys', () => {
    const signing = createSigning()
    expect(signing.tell(add('a', null))).toEqual(['key-added'])
    expect(signing.tell(add('b', null))).toBe('signing-key-superseded')
    expect(signing.tell(add('c', 'b'))).toBe('signing-key-superseded')
    expect(signing.kids()).toEqual(['a'])
  })

  it.each<[string, SigningCommand, string]>([
    ['a kid twice', add('a', 'a'), 'signing-key-exists'],
    [
      'a key under two kids',
      add('b', 'a', { publicKey: keyOf('a').publicKey }),
      'signing-key-exists',
    ],
    [
      'a key that retires before it signs',
      add('b', 'a', { signsFromMs: 2_000 }),
      'signing-key-invalid',
    ],
    [
      'a key that is retired already',
      add('b', 'a', { signsFromMs: 1, retiresAtMs: 1_000 }),
      'signing-key-invalid',
    ],
  ])('refuses %s', (_, command, code) => {
    const signing = createSigning()
    signing.tell(add('a', null))
    expect(signing.tell(command)).toBe(code)
  })

  it('takes keys from the server alone, which alone retires them', () => {
    const signing = createSigning()
    expect(signing.tell(add('a', null), 'alice', '1')).toBe('not-yours')
    signing.tell(add('a', null))
    expect(signing.tell(retire('a'), 'bob')).toBe('not-yours')
    expect(signing.tell(retire('a'), 'alice', '1')).toBe('not-yours')
    expect(signing.tell(retire('a'))).toEqual(['key-retired'])
  })

  it('has a limit', () => {
    const signing = createSigning()
    for (let n = 0; n < SIGNING_KEY_LIMIT; n++) {
      signing.tell(add(`k${n}`, n === 0 ? null : `k${n - 1}`))
    }
    expect(signing.kids()).toHaveLength(SIGNING_KEY_LIMIT)
    expect(signing.tell(add('more', `k${SIGNING_KEY_LIMIT - 1}`))).toBe('signing-too-many-keys')
  })
})
