import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseDiz } from '#actors/race/diz.ts'

const SEED = 20_261_121

describe('how many zips a diz speaks of', () => {
  it.each([
    ['[01/20]', 20],
    ['░▒▓ Some.Game (1/20) ▓▒░', 20],
    ['<01/7>', 7],
    ['{x/12}', 12],
    ['|1/3|', 3],
    ['[xx/05]', 5],
    ['[oo/05]', 5],
    ['[ 1 of 12 ]', 12],
    ['[1/ 9]', 9],
    ['Disk 1 of 20', 20],
    ['DISC #2/4', 4],
    ['file 03 of 11', 11],
    ['Some App v1.2 01/15 by GRP', 15],
    ['20 disks', 20],
    ['in 4 x disks', 4],
    ['released 12/04/2004 [01/06]', 6],
    ['first line\r\n   [02/33]\r\nlast', 33],
  ])('%j: %i', (text, files) => {
    expect(parseDiz(text)).toBe(files)
  })

  it.each([
    '',
    'nothing at all',
    'released 12/04/2004',
    'on 12/2004',
    'ratio 20/5',
    '[1/0]',
    '[00/00]',
    'http://a/b/1/2/3',
    'v1.0/2',
  ])('%j: not said', (text) => {
    expect(parseDiz(text)).toBeUndefined()
  })

  it('is found wherever it stands in any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 999 }), fc.string(), (a, n, b) => {
        const noise = (text: string) => text.replaceAll(/[\d/\\]/g, '')
        expect(parseDiz(`${noise(a)}\n[01/${n}]\n${noise(b)}`)).toBe(n)
      }),
      { seed: SEED },
    )
  })

  it('is a number that can be, or none, whatever the text', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '(',
      '/',
      'of',
      'disk',
      ' ',
      '1',
      '20',
      'x',
      '9999',
      '\n',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 60, size: 'max' }).map(join),
    )
    fc.assert(
      fc.property(text, (given) => {
        const files = parseDiz(given)
        if (files !== undefined) expect(files >= 1 && files <= 9_999).toBe(true)
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  it('takes no longer for a hostile text than for its length', () => {
    for (const hostile of ['[', '1', ' ', '[1', 'disk ']) {
      expect(parseDiz(hostile.repeat(4_000))).toBeUndefined()
    }
  })
})

function join(parts: readonly string[]): string {
  return parts.join('')
}
