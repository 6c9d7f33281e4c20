import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'

import { createHookReports } from '#infra/hooks/hook-reports.ts'

test('a hook that fails all the time is counted each time, and fills no log', async () => {
  let now = 0
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => void lines.push(line) })
  const registry = new Registry()
  const clock = { now: () => now, after: () => () => {} }
  const reports = createHookReports(logger, registry, clock)
  for (let turn = 0; turn < 500; turn++) {
    reports.failed('bad.ts', 'fact', 'hook-overloaded', {})
    reports.said('loud.ts', 'a line')
  }
  expect(lines.filter((line) => line.includes('bad.ts'))).toHaveLength(20)
  expect(lines.filter((line) => line.includes('loud.ts'))).toHaveLength(100)
  expect(await registry.metrics()).toContain(
    'veza_hooks_faults_total{hook="bad.ts",fault="hook-overloaded"} 500',
  )
  expect(await registry.metrics()).toContain('veza_hooks_failing 1')
  now = 60_000
  reports.failed('bad.ts', 'fact', 'hook-threw', {})
  expect(lines).toHaveLength(121)
  expect(reports.health()).toEqual({ ok: false, failing: { 'bad.ts': 'hook-threw' } })
  reports.ran('bad.ts', 'fact', 'pass')
  expect(reports.health()).toEqual({ ok: true, failing: {} })
})

test('a version that could not be loaded is marked until one is, though an earlier one works', async () => {
  const registry = new Registry()
  const clock = { now: () => 0, after: () => () => {} }
  const reports = createHookReports(pino({ level: 'silent' }), registry, clock)
  reports.failed('own.ts', 'load', 'hook-not-loaded', {})
  reports.failed('own.ts', 'upload.before', 'hook-threw', {})
  reports.ran('own.ts', 'upload.before', 'pass')
  expect(reports.health()).toEqual({ ok: false, failing: { 'own.ts': 'hook-not-loaded' } })
  expect(await registry.metrics()).toContain('veza_hooks_failing 1')
  reports.cleared('own.ts')
  expect(reports.health()).toEqual({ ok: true, failing: {} })
  expect(await registry.metrics()).toContain('veza_hooks_failing 0')
})
