import type { Fact } from '#events/fact.ts'

/** Which facts a subscriber wants; an empty filter wants all. */
export interface BusFilter {
  readonly kinds?: readonly string[]
  readonly stream?: string
}

export interface BusSubscription {
  stop(): Promise<void>
}

/**
 * Carries committed facts to whoever is listening now, in log order and at least once.
 * It is not the truth: who must not miss a fact keeps a position and reads the log.
 */
export interface EventBus {
  /** Resolves when the bus has taken the facts. Their order is kept. */
  publish(facts: readonly Fact[]): Promise<void>
  /**
   * Handlers run in the order of the facts; one that throws is reported and does not hinder
   * the others. A handler must return fast: a slow consumer keeps its own bounded queue.
   */
  subscribe(filter: BusFilter, handle: (fact: Fact) => void): Promise<BusSubscription>
  close(): Promise<void>
}
