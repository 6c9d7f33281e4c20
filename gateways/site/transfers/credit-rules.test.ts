import { expect, test } from 'vitest'

import { readCreditRules } from '#gateways/site/transfers/credit-rules.ts'

test.each([
  ['', { MP3: 1, XVID: 1 }],
  ['MP3=0.5', { MP3: 0.5, XVID: 1 }],
  ['default=2, MP3=0', { MP3: 0, XVID: 2 }],
  ['constructor=3', { constructor: 3, toString: 1 }],
])('"%s"', (text, expected) => {
  const rules = readCreditRules(text)
  for (const [section, loss] of Object.entries(expected)) {
    expect([section, rules.lossIn(section)]).toEqual([section, loss])
  }
})

test.each(['MP3', 'MP3=', '=1', 'MP3=-1', 'MP3=1e3', 'MP3=1001', 'MP3=1=2'])(
  '"%s" is refused',
  (text) => {
    expect(() => readCreditRules(text)).toThrow(`"${text}" does not say`)
  },
)
