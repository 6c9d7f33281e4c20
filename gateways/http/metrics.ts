import { Counter, Histogram, type Registry } from 'prom-client'

import { ANSWER_SECONDS } from '#gateways/kernel/metrics.ts'

export interface HttpMetrics {
  answered(route: string, status: number, durationMs: number): void
}

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry]
  const requests = new Counter({
    name: 'veza_http_requests_total',
    help: 'Requests answered, by route and class of status.',
    labelNames: ['route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'veza_http_request_duration_seconds',
    help: 'Time from a request to its answer, by route.',
    labelNames: ['route'],
    buckets: ANSWER_SECONDS,
    registers,
  })
  return {
    answered(route, status, durationMs) {
      requests.inc({ route, status: `${Math.floor(status / 100)}xx` })
      duration.observe({ route }, durationMs / 1000)
    },
  }
}
