import { type AccountFact, accountFacts } from '#events/account.facts.ts'
import { type ConnectionFact, connectionFacts } from '#events/connection.facts.ts'
import { type RaceFact, raceFacts } from '#events/race.facts.ts'
import { type RoomFact, roomFacts } from '#events/room.facts.ts'
import { type SectionFact, sectionFacts } from '#events/section.facts.ts'

/** Every type of fact that veza knows. */
export const catalogue = {
  ...accountFacts,
  ...connectionFacts,
  ...raceFacts,
  ...roomFacts,
  ...sectionFacts,
}

export type KnownFact = AccountFact | ConnectionFact | RaceFact | RoomFact | SectionFact
