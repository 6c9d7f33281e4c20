import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { kindSubject, placeOfSubject, subjectOf } from '#infra/nats/fact-subjects.ts'

describe('the subject of a fact', () => {
  it.each([
    ['race-5f', 'race.completed', 'p.race.5f.race.completed'],
    ['room-a-b', 'room.message-posted', 'p.room.a-b.room.message-posted'],
    ['nodash', 'x', 'p.nodash.%.x'],
    ['room-', 'x', 'p.room.%-.x'],
    ['-id', 'x', 'p.%-.id.x'],
    ['room-a.b', 'x', 'p.room.a%2Eb.x'],
    ['room-a b*>%', 'x y', 'p.room.a%20b%2A%3E%25.x%20y'],
    ['room-ü', 'a..b.', 'p.room.%C3%BC.a.%-.b.%-'],
    ['room-a\r\n', '', 'p.room.a%0D%0A.%-'],
    ['$$room-a', '$metadata', 'p.$$room.a.$metadata'],
  ])('of %j and %j is %s', (stream, type, subject) => {
    expect(subjectOf('p', stream, type)).toBe(subject)
    expect(placeOfSubject('p', subject)).toEqual({ stream, type })
  })

  it('is one of its kind’s, and can always be read back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(text, text, (stream, type) => {
        const subject = subjectOf('veza.facts', stream, type)
        expect(subject).toMatch(/^[^\s*>]+$/)
        expect(subject.split('.')).not.toContain('')
        expect(placeOfSubject('veza.facts', subject)).toEqual({ stream, type })
        const kind = stream.includes('-') ? stream.slice(0, stream.indexOf('-')) : stream
        expect(subject.startsWith(kindSubject('veza.facts', kind).slice(0, -1))).toBe(true)
      }),
    )
  })

  it('leaves out a type that no subject can hold', () => {
    const subject = subjectOf('p', 'room-a', 'ü'.repeat(500))
    expect(subject).toBe('p.room.a.%~')
    expect(placeOfSubject('p', subject)).toEqual({ stream: 'room-a', type: undefined })
  })

  it.each(['', 'p', 'p.a', 'p.a.b', 'other.a.b.c', 'pa.b.c.d'])('is not %j', (subject) => {
    expect(placeOfSubject('p', subject)).toBeUndefined()
  })
})
