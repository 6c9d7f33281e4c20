import { Counter, Gauge, type Registry } from 'prom-client'

/** What the host counts. */
export interface HostMetrics {
  count(kind: string, outcome: 'done' | 'refused' | 'failed', commands: number): void
}

export function createHostMetrics(registry: Registry, activations: () => number): HostMetrics {
  const commands = new Counter({
    name: 'veza_actor_commands_total',
    help: 'Commands handled by the actors, by kind of actor and outcome',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  new Gauge({
    name: 'veza_actor_activations',
    help: 'Actors in memory',
    registers: [registry],
    collect() {
      this.set(activations())
    },
  })
  return { count: (kind, outcome, n) => commands.inc({ kind, outcome }, n) }
}
