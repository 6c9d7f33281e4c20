import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

import type { EventLog } from '#events/event-log.ts'
import type { Progress } from '#events/progress.ts'

import type { Checkpoints } from '#projections/kernel/checkpoints.ts'

/** What the metrics look at when they are asked for. */
export interface RunnerView {
  readonly checkpoints: () => Checkpoints
  readonly state: () => string
  /** Of the rebuild that runs now. */
  readonly rebuild: () => Progress | undefined
}

export interface RunnerMetrics {
  batch(facts: number, seconds: number): void
}

/** What an operator can see of the projections. */
export function createRunnerMetrics(
  registry: Registry,
  log: EventLog,
  { checkpoints, state, rebuild }: RunnerView,
): RunnerMetrics {
  const registers = [registry]
  showState(registry, state)
  showRebuild(registry, rebuild)
  const position = new Gauge({
    name: 'veza_projection_position',
    help: 'Position of the last fact in a read model.',
    labelNames: ['projection'],
    registers,
    collect() {
      for (const [projection, at] of checkpoints()) position.set({ projection }, at.position)
    },
  })
  const lag = new Gauge({
    name: 'veza_projection_lag_facts',
    help: 'Positions between the end of the log and a read model.',
    labelNames: ['projection'],
    registers,
    async collect() {
      const head = await log.head()
      for (const [projection, { position }] of checkpoints()) {
        lag.set({ projection }, Math.max(0, head - position))
      }
    },
  })
  const facts = new Counter({
    name: 'veza_projection_facts_total',
    help: 'Facts projected since the start.',
    registers,
  })
  const seconds = new Histogram({
    name: 'veza_projection_batch_seconds',
    help: 'Time to project a batch and commit it.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  })
  return {
    batch(count, duration) {
      facts.inc(count)
      seconds.observe(duration)
    },
  }
}

function showState(registry: Registry, state: () => string): void {
  const gauge = new Gauge({
    name: 'veza_projection_state',
    help: 'What is done with the read models now: 1 for that state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      gauge.reset()
      gauge.set({ state: state() }, 1)
    },
  })
}

/** Figures of a rebuild by the end of a gauge's name. Without a rebuild they are 0. */
const REBUILD_FIGURES: Readonly<Record<string, readonly [string, (of: Progress) => number]>> = {
  active: ['Whether read models are being built beside the live ones.', () => 1],
  facts_done: ['Facts that the rebuild has projected.', ({ done }) => done],
  facts_total: ['Facts that the rebuild will have projected.', ({ total }) => total],
  facts_per_second: ['Pace of the rebuild, of late.', ({ perSecond }) => perSecond],
  eta_seconds: [
    'Time left of the rebuild; NaN while it is unknown.',
    ({ etaMs }) => (etaMs === null ? Number.NaN : etaMs / 1_000),
  ],
}

function showRebuild(registry: Registry, rebuild: () => Progress | undefined): void {
  for (const [name, [help, figure]] of Object.entries(REBUILD_FIGURES)) {
    const gauge = new Gauge({
      name: `veza_projection_rebuild_${name}`,
      help,
      registers: [registry],
      collect() {
        const progress = rebuild()
        gauge.set(progress ? figure(progress) : 0)
      },
    })
  }
}
