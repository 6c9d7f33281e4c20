import { expect, it } from 'vitest'

import { derivedId } from '#events/ids.ts'

it('derives the same id from the same parts alone', () => {
  expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'))
  expect(derivedId('a', 'b')).not.toBe(derivedId('ab'))
  expect(derivedId('a')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})
