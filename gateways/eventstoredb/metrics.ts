import { status } from '@grpc/grpc-js'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

import { ANSWER_SECONDS } from '#gateways/kernel/metrics.ts'

export interface DoorMetrics {
  /** `code` is gRPC's. */
  answered(method: string, code: number, durationMs: number): void
  appended(events: number): void
  sent(events: number): void
  refusedConnection(): void
  /** What became of a message of a persistent subscription. */
  settled(outcome: 'acknowledged' | 'parked' | 'retried'): void
}

export interface DoorCounts {
  readonly connections: number
  readonly subscriptions: number
}

export function createDoorMetrics(registry: Registry, counts: () => DoorCounts): DoorMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string, value: (counts: DoorCounts) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(counts()))
      },
    })
  gauge('veza_eventstoredb_connections', 'Open connections.', ({ connections }) => connections)
  gauge(
    'veza_eventstoredb_subscriptions',
    'Subscriptions that are read now, persistent ones too.',
    ({ subscriptions }) => subscriptions,
  )
  const calls = new Counter({
    name: 'veza_eventstoredb_calls_total',
    help: 'Calls that have ended, by method and status.',
    labelNames: ['method', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'veza_eventstoredb_call_duration_seconds',
    help: 'Time from a call to its end, by method; subscriptions are long.',
    labelNames: ['method'],
    buckets: ANSWER_SECONDS,
    registers,
  })
  const events = new Counter({
    name: 'veza_eventstoredb_events_total',
    help: 'Events taken in and given out.',
    labelNames: ['direction'],
    registers,
  })
  const refusals = new Counter({
    name: 'veza_eventstoredb_refused_connections_total',
    help: 'Connections refused or ended because of a limit.',
    registers,
  })
  const settlements = new Counter({
    name: 'veza_eventstoredb_persistent_messages_total',
    help: 'Messages of persistent subscriptions, by what became of them.',
    labelNames: ['outcome'],
    registers,
  })
  return {
    answered(method, code, durationMs) {
      calls.inc({ method, status: status[code] ?? 'UNKNOWN' })
      duration.observe({ method }, durationMs / 1_000)
    },
    appended: (count) => events.inc({ direction: 'in' }, count),
    sent: (count) => events.inc({ direction: 'out' }, count),
    refusedConnection: () => refusals.inc(),
    settled: (outcome) => settlements.inc({ outcome }),
  }
}
