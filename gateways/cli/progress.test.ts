import { describe, expect, test } from 'vitest'

import { ProgressMeter } from '#events/progress.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

import {
  createProgressView,
  duration,
  progressBar,
  progressJson,
  progressLine,
  type ProgressMode,
} from '#gateways/cli/progress.ts'

const half = { done: 5_500, total: 10_000, perSecond: 1_200.4, etaMs: 3_751 }

describe('a bar', () => {
  test('shows share, count, pace and time left', () => {
    expect(progressBar('rebuilding', 'facts', half, 72)).toBe(
      'rebuilding [█████▌    ]  55 % · 5,500/10,000 facts · 1,200/s · 4 s left',
    )
  })

  test.each([
    [0, 10, ''],
    [1, 80, '▌'],
    [79, 80, `${'█'.repeat(39)}▌`],
    [80, 80, '█'.repeat(40)],
    [0, 0, '█'.repeat(40)],
  ])('is filled for %i of %i to an eighth of a column', (done, total, filled) => {
    const bar = progressBar('x', 'y', { done, total, perSecond: 0, etaMs: 0 }, 200)
    expect(bar).toMatch(new RegExp(`^x \\[${filled} {${40 - filled.length}}\\] `))
  })

  test.each([10, 20, 40, 60, 80, 200])('fits a terminal of %i columns', (columns) => {
    expect(progressBar('rebuilding', 'facts', half, columns).length).toBeLessThan(columns)
  })
})

test('a line says the same without the bar, and JSON the same to programs', () => {
  expect(progressLine('rebuilding', 'facts', half)).toBe(
    'rebuilding: 55 % · 5,500/10,000 facts · 1,200/s · 4 s left',
  )
  expect(progressLine('x', 'facts', { ...half, perSecond: 0, etaMs: null })).toMatch(
    /0\/s · time left unknown$/,
  )
  expect(JSON.parse(progressJson('rebuilding', half))).toEqual({
    progress: 'rebuilding',
    done: 5_500,
    total: 10_000,
    per_second: 1_200,
    eta_ms: 3_751,
  })
})

test.each([
  [0, '0 s'],
  [1, '1 s'],
  [59_001, '1 min 0 s'],
  [200_000, '3 min 20 s'],
  [18_120_000, '5 h 2 min'],
])('%i ms are %s', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

describe('the pace', () => {
  test('is unknown at first, then that of the last ten seconds', () => {
    const clock = createManualClock()
    const meter = new ProgressMeter(() => clock.now())
    expect(meter.update(0, 100_000)).toMatchObject({ perSecond: 0, etaMs: null })
    for (let second = 1; second <= 20; second++) {
      clock.advance(1_000)
      meter.update(second * 100, 100_000)
    }
    let done = 2_000
    let progress = meter.update(done, 100_000)
    expect(progress.perSecond).toBeCloseTo(100)
    for (let second = 1; second <= 12; second++) {
      clock.advance(1_000)
      progress = meter.update((done += 1_000), 100_000)
    }
    expect(progress.perSecond).toBeCloseTo(1_000)
    expect(progress.etaMs).toBe(86_000)
  })

  test('is at its end when all is done, even more than was thought', () => {
    const meter = new ProgressMeter(() => 0)
    expect(meter.update(12, 10)).toEqual({ done: 12, total: 12, perSecond: 0, etaMs: 0 })
  })
})

describe('what is written', () => {
  function shown(mode: ProgressMode, steps: number, stepMs: number): string[] {
    const clock = createManualClock()
    const written: string[] = []
    const view = createProgressView({
      label: 'rebuilding',
      unit: 'facts',
      mode,
      now: () => clock.now(),
      write: (text) => written.push(text),
    })
    for (let step = 1; step <= steps; step++) {
      clock.advance(stepMs)
      view.update(step, steps)
    }
    view.end()
    return written
  }

  test('a bar is written over ten times a second and stands at the end', () => {
    const written = shown('bar', 100, 10)
    expect(written.length).toBe(12)
    expect(written.slice(0, -1).every((text) => text.startsWith('\r\u001B[2Krebuilding ['))).toBe(
      true,
    )
    expect(written.at(-2)).toContain('100 %')
    expect(written.at(-1)).toBe('\n')
  })

  test('without a terminal it is a line every three seconds', () => {
    expect(
      shown('lines', 100, 100).map((line) => line.match(/^rebuilding: +(\d+) %/)?.[1]),
    ).toEqual(['30', '60', '90'])
  })

  test('for programs it is JSON by the second, and nothing when the work is short', () => {
    const lines = shown('json', 4, 500)
    expect(lines.map((line) => (JSON.parse(line) as { done: number }).done)).toEqual([2, 4])
    expect(shown('json', 5, 10)).toEqual([])
    expect(shown('lines', 5, 10)).toEqual([])
    expect(shown('bar', 5, 10)).toEqual([])
  })
})
