import { Gauge, type Registry } from 'prom-client'

/** Buckets for the time from a request to its answer, in seconds. */
export const ANSWER_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

export interface ConnectionCounts {
  readonly all: number
  readonly unregistered: number
}

/** Shows how many connections are open, by whether they have logged in. */
export function showConnections(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  counts: () => ConnectionCounts,
): void {
  const connections = new Gauge({
    name,
    help,
    labelNames: ['state'],
    registers: [],
    collect() {
      const { all, unregistered } = counts()
      this.set({ state: 'registered' }, all - unregistered)
      this.set({ state: 'unregistered' }, unregistered)
    },
  })
  registry.registerMetric(connections)
}
