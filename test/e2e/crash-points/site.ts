import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import { actors } from '#wiring/actors.ts'

export const SECTION = 'incoming'

/** The real actors; their states are saved more often, so that they can die amid that. */
export const definitions: readonly ActorDefinition[] = actors.map((definition) => ({
  ...definition,
  snapshotEvery: 10,
}))
