import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

import type { EventLog } from '#events/event-log.ts'

import type { Checkpoints } from '#projections/kernel/checkpoints.ts'

export interface RunnerMetrics {
  batch(facts: number, seconds: number): void
}

/** What an operator can see of the projections. */
export function createRunnerMetrics(
  registry: Registry,
  log: EventLog,
  checkpoints: () => Checkpoints,
): RunnerMetrics {
  const registers = [registry]
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
