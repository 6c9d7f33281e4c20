import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import type { HooksHealth } from '#events/hooks.ts'

/** What can be wrong with a script or hook. */
export type HookFault =
  | 'script-not-started'
  | 'script-timed-out'
  | 'script-killed'
  /** Exit 127, and 1 of a `post_check`: by glFTPd's rules the script is at fault. */
  | 'script-fault'
  | 'text-unreadable'
  | 'hook-not-loaded'
  | 'hook-threw'
  | 'hook-took-too-long'
  | 'hook-crashed'
  | 'hook-answer-invalid'
  | 'hook-overloaded'
  | 'hooks-file'

export type HookOutcome = 'pass' | 'veto' | 'consume' | 'fault'

export interface HookReports {
  /** It did what it should. */
  ran(hook: string, event: string, outcome: HookOutcome): void
  /** `detail`: without what is personal. */
  failed(hook: string, event: string, fault: HookFault, detail: object): void
  /** It works again, or is no more. */
  cleared(hook: string): void
  said(hook: string, words: string): void
  health(): HooksHealth
}

/** A log line, a count and a mark for each failure: for whoever looks after the site. */
export function createHookReports(logger: Logger, registry: Registry, clock: Clock): HookReports {
  const mayComplain = createLineLimit(clock, 20)
  const maySay = createLineLimit(clock, 100)
  const failing = new Map<string, HookFault>()
  /** What the operator has written last is not at work, however well an earlier version runs. */
  const unloaded = new Map<string, HookFault>()
  const allFailing = () => Object.fromEntries([...failing, ...unloaded])
  const runs = new Counter({
    name: 'veza_hooks_runs_total',
    help: 'Runs of scripts and hooks, by what came out',
    labelNames: ['hook', 'event', 'outcome'] as const,
    registers: [registry],
  })
  const faults = new Counter({
    name: 'veza_hooks_faults_total',
    help: 'Failures of scripts and hooks',
    labelNames: ['hook', 'fault'] as const,
    registers: [registry],
  })
  const marks = new Gauge({
    name: 'veza_hooks_failing',
    help: 'Scripts and hooks whose last run failed',
    registers: [],
    collect() {
      this.set(Object.keys(allFailing()).length)
    },
  })
  registry.registerMetric(marks)

  return {
    ran(hook, event, outcome) {
      runs.inc({ hook, event, outcome })
      if (outcome !== 'fault') failing.delete(hook)
    },
    failed(hook, event, fault, detail) {
      runs.inc({ hook, event, outcome: 'fault' })
      faults.inc({ hook, fault })
      const marks = event === LOAD ? unloaded : failing
      marks.set(hook, fault)
      if (mayComplain(hook)) logger.warn({ hook, event, fault, ...detail }, 'a hook has failed')
    },
    cleared(hook) {
      failing.delete(hook)
      unloaded.delete(hook)
    },
    said(hook, words) {
      if (maySay(hook)) logger.info({ hook }, words)
    },
    health: () => ({ ok: failing.size + unloaded.size === 0, failing: allFailing() }),
  }
}

/** The event of a file that is taken; what fails in it stays until a version is loaded. */
const LOAD = 'load'

const WINDOW_MS = 60_000

/** Whether one more line of a hook goes into the log: so many a minute do. */
function createLineLimit(clock: Clock, linesMax: number): (hook: string) => boolean {
  const windows = new Map<string, { readonly since: number; lines: number }>()
  return (hook) => {
    const now = clock.now()
    let window = windows.get(hook)
    if (!window || now - window.since >= WINDOW_MS) window = { since: now, lines: 0 }
    windows.set(hook, window)
    return ++window.lines <= linesMax
  }
}
