import { describe, expect, it, test } from 'vitest'

import { createSpamSignals, foldText, signalOf } from '#gateways/kernel/spam-signals.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

describe('one message', () => {
  const link = 'https://example.org/a '
  it.each([
    ['plain words', 'good evening, everybody', undefined],
    ['five links', link.repeat(5), undefined],
    ['six links', link.repeat(6), 'many-links'],
    ['links without a scheme', 'www.example.org WWW.example.net '.repeat(3), 'many-links'],
    ['ten mentions', '@someone '.repeat(10), undefined],
    ['eleven mentions', '@someone '.repeat(11), 'many-mentions'],
    ['mail addresses', 'me@example.org '.repeat(20), undefined],
    ['a long text in capitals', 'BUY THIS NOW BECAUSE IT IS THE VERY BEST', 'shouting'],
    ['capitals of another alphabet', 'КУПИТЕ ЭТО СЕЙЧАС ПОТОМУ ЧТО ЭТО САМОЕ ЛУЧШЕЕ', 'shouting'],
    ['a short exclamation', 'HELLO THERE', undefined],
    ['a release name', 'Some.Release.2026.MULTi.1080p.BluRay.x264-GRP', undefined],
    ['digits alone', '1234567890'.repeat(10), undefined],
    ['a language without capitals', '今日はとてもいい天気ですね'.repeat(5), undefined],
  ])('%s', (_, text, signal) => {
    expect(signalOf(text)).toBe(signal)
  })
})

test('texts that look the same are the same', () => {
  const spellings = [
    'buy now',
    '  BUY   now ',
    'buy\u200B now',
    '\u0002Ｂｕｙ\u0002 now',
    '\u000304,01buy\u0003\tnow',
  ]
  expect(new Set(spellings.map(foldText))).toEqual(new Set(['buy now']))
  expect(foldText('buy now!')).not.toBe('buy now')
})

describe('a member', () => {
  const create = () => {
    const clock = createManualClock()
    return { clock, signals: createSpamSignals({ clock, members: 10 }) }
  }

  it('says the same four times within a minute, with other texts between', () => {
    const { signals } = create()
    const texts = ['Buy', 'x', 'BUY', 'y', 'buy ', 'z', 'buy']
    expect(texts.map((text) => signals.heard('eve', text))).toEqual([
      ...Array.from({ length: 6 }),
      'repeated-text',
    ])
    expect(signals.heard('bob', 'buy')).toBeUndefined()
  })

  it('says the same again and again, but slowly', () => {
    const { clock, signals } = create()
    for (let each = 0; each < 20; each++) {
      expect(signals.heard('eve', 'tea?')).toBeUndefined()
      clock.advance(20_000)
    }
  })

  it('is refused ten times within a minute', () => {
    const { clock, signals } = create()
    for (let each = 0; each < 9; each++) expect(signals.refused('eve')).toBeUndefined()
    expect(signals.refused('bob')).toBeUndefined()
    expect(signals.refused('eve')).toBe('hitting-limits')
    clock.advance(60_000)
    expect(signals.refused('eve')).toBeUndefined()
  })
})
