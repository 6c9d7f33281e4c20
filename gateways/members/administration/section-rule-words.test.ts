import { expect, test } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import { rulesIn } from '#gateways/members/administration/section-rule-words.ts'

test.each([
  ['dupe_days=30', { dupe_days: 30 }],
  ['banned_names=*.exe,*.com', { banned_names: ['*.exe', '*.com'] }],
  ['banned_names=none', { banned_names: [] }],
  ['banned_names=5', { banned_names: ['5'] }],
  ['group=5', { group: '5' }],
  ['group=none', { group: null }],
  ['purpose=pre', { purpose: 'pre' }],
  ['is_sfv_first=yes', { is_sfv_first: true }],
  ['tests_zips=false', { tests_zips: false }],
  ['release_names=^[A-Z]+, and=more$', { release_names: '^[A-Z]+, and=more$' }],
  ['upload_kib_per_second=512', { upload_kib_per_second: 512 }],
  ['audio=none', { audio: null }],
])('%s', (word, rules) => {
  expect(rulesIn([word])).toEqual(rules)
})

test('what audio has to be like, as JSON', () => {
  const audio = {
    genres: ['Rock'],
    banned_genres: [],
    year_from: 2020,
    year_to: null,
    kbps_from: null,
    kbps_to: 320,
    action: 'warn',
  }
  expect(rulesIn([`audio=${JSON.stringify(audio)}`])).toEqual({ audio })
})

test.each(['dupe_days', 'dupe_days=', 'dupe_days=-1', 'dupe_days=none', 'size=5', 'purpose=x'])(
  '%s is no rule',
  (word) => {
    try {
      rulesIn([word])
    } catch (cause) {
      expect(cause).toBeInstanceOf(Refusal)
      expect((cause as Refusal).code).toBe('invalid-parameters')
      return
    }
    throw new Error('it was taken')
  },
)

test.each([
  ['audio={"genres":5}', 'genres: Invalid input: expected array, received number'],
  ['audio={genres', 'that is no JSON'],
])('%s is refused with what is wrong in it', (word, detail) => {
  expect(() => rulesIn([word])).toThrow(
    expect.objectContaining({ fields: { errors: [{ pointer: '/audio', detail }] } }),
  )
})
