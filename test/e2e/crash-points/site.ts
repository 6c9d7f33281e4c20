import { connectionActor } from '#actors/connection/connection.actor.ts'
import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { sectionActor } from '#actors/section/section.actor.ts'

export const SECTION = 'incoming'

/** The real actors; their states are saved more often, so that they can die amid that. */
export const definitions: readonly ActorDefinition[] = [
  connectionActor,
  raceActor,
  roomActor,
  sectionActor,
].map((definition) => ({ ...definition, snapshotEvery: 10 }))
