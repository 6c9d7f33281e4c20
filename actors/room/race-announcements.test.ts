import { describe, expect, it } from 'vitest'

import { announcementOf } from '#actors/room/race-announcements.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { Audio } from '#events/race.facts.ts'

const home = { section: 'incoming', release: 'Rel-GRP' }
const standing = (member: string, group: string, files: number, durationMs: number) => {
  return { member, group, files, sizeBytes: files * 1_048_576, durationMs }
}
const say = (type: string, data: object, where: object = home) =>
  announcementOf({ type, data, meta: { by: 'sue' } } as unknown as KnownFact, where as never)

const completed = (standings: readonly object[]) => {
  return { files: 10, sizeBytes: 10_485_760, durationMs: 5_000, standings }
}

describe('the line about a complete release', () => {
  it('names racers and groups, the fastest and the slowest', () => {
    const standings = [
      standing('ann', 'A', 5, 1_000),
      standing('bob', 'B', 3, 1_000),
      standing('cyd', 'B', 2, 2_000),
    ]
    expect(
      say('race.completed', completed(standings), { ...home, expected: { 'x.r00': '0' } }),
    ).toBe(
      '[incoming] Rel-GRP: complete: 10 files (RAR), 10.0 MiB in 5.0 s at 2.0 MiB/s.' +
        ' 1. ann/A (5 files, 5.0 MiB, 5.0 MiB/s), 2. bob/B (3 files, 3.0 MiB, 3.0 MiB/s),' +
        ' 3. cyd/B (2 files, 2.0 MiB, 1.0 MiB/s).' +
        ' Groups: 1. A (5 files, 5.0 MiB), 2. B (5 files, 5.0 MiB).' +
        ' Fastest: ann (5.0 MiB/s), slowest: cyd (1.0 MiB/s)',
    )
  })

  it('of a single racer says no more than needed', () => {
    const line = say('race.completed', completed([standing('ann', 'A', 10, 1_000)]))
    expect(line).toMatch(/at 2\.0 MiB\/s\. 1\. ann\/A \(10 files, 10\.0 MiB, 10\.0 MiB\/s\)$/)
  })

  it('leaves out whom the line does not hold, and keeps the fastest', () => {
    const standings = Array.from({ length: 20 }, (_, n) =>
      standing(`member-number-${n}`, `group-number-${n}`, 20 - n, 1_000),
    )
    const line = say('race.completed', completed(standings))!
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(380)
    expect(line).toMatch(/slowest: member-number-19 \(1\.0 MiB\/s\)$/)
    expect(line).toContain('2. member-number-1/')
  })

  it('gives a speed to files that took no measurable time', () => {
    const line = say(
      'race.completed',
      completed([standing('ann', 'A', 1, 0), standing('bob', 'B', 1, 2)]),
    )
    expect(line).toContain('1. ann/A (1 file, 1.0 MiB, 1000 MiB/s)')
    expect(line).toContain('Fastest: ann (1000 MiB/s), slowest: bob (500 MiB/s)')
  })

  it('fits an IRC message by its bytes', () => {
    const release = `${'é'.repeat(120)}-GRP`
    const named = say('race.created', {}, { section: 'x'.repeat(200), release })!
    expect(Buffer.byteLength(named)).toBeLessThanOrEqual(380)
    expect(named).toMatch(/é…$/)
  })

  it('says what the tags of music say', () => {
    const audio = { genre: 'Rock', year: 2019, kbps: 320 } as Audio
    const line = say('race.completed', completed([]), { ...home, audio })
    expect(line).toContain('10 files (AUDIO, Rock, 2019, 320 kbit/s), 10.0 MiB')
  })
})

describe('other lines', () => {
  it.each([
    ['race.sfv-added', { entries: [['a.zip', '0']] }, 'sfv is here: 1 file expected (ZIP)'],
    ['race.sfv-added', { entries: [['a', '0']] }, 'sfv is here: 1 file expected'],
    ['race.diz-added', { expectedFiles: 20 }, 'diz is here: 20 files expected (ZIP)'],
    ['race.sfv-replaced', { file: 'x.sfv' }, 'a better sfv takes the place of x.sfv'],
    ['race.file-cleared', { file: 'a', member: 'ann' }, 'a by ann is good after all'],
    ['race.became-incomplete', { missingFiles: 0 }, 'incomplete again: its sfv or diz is gone'],
    ['race.became-incomplete', { missingFiles: 2 }, 'incomplete again: 2 files missing'],
    [
      'race.file-rejected',
      { file: 'a', reason: 'zip-broken' },
      'a by sue was refused (zip-broken)',
    ],
    [
      'race.file-rejected',
      { file: 'a', reason: 'audio-not-allowed', words: 'no' },
      'a by sue was refused (audio-not-allowed: no)',
    ],
    [
      'race.speed-tested',
      { group: 'G', sizeBytes: 1_048_576, durationMs: 500 },
      'sue/G sent 1.0 MiB in 0.5 s at 2.0 MiB/s',
    ],
  ])('%s', (type, data, words) => {
    expect(say(type, data)).toBe(`[incoming] Rel-GRP: ${words}`)
  })
})
