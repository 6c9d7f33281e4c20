import { Counter, type Registry } from 'prom-client'

export interface LoginMetrics {
  /** `success`, or why not. */
  ended(gateway: string, outcome: string): void
}

export function createLoginMetrics(registry: Registry): LoginMetrics {
  const logins = new Counter({
    name: 'veza_logins_total',
    help: 'Attempts to log in, by gateway and outcome',
    labelNames: ['gateway', 'outcome'],
    registers: [registry],
  })
  return { ended: (gateway, outcome) => logins.inc({ gateway, outcome }) }
}
