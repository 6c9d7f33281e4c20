import { type AccountFact, accountFacts } from '#events/account.facts.ts'
import { type CatalogueFact, catalogueFacts } from '#events/catalogue.facts.ts'
import { type ConnectionFact, connectionFacts } from '#events/connection.facts.ts'
import { type RaceFact, raceFacts } from '#events/race.facts.ts'
import { type RoomFact, roomFacts } from '#events/room.facts.ts'
import { type SectionFact, sectionFacts } from '#events/section.facts.ts'

/** Every type of fact that veza knows. */
export const catalogue = {
  ...accountFacts,
  ...catalogueFacts,
  ...connectionFacts,
  ...raceFacts,
  ...roomFacts,
  ...sectionFacts,
}

export type KnownFact =
  | AccountFact
  | CatalogueFact
  | ConnectionFact
  | RaceFact
  | RoomFact
  | SectionFact
