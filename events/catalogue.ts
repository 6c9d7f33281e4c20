import { type AccountFact, accountFacts } from '#events/account.facts.ts'
import { type BoardFact, boardFacts } from '#events/board.facts.ts'
import { type CatalogueFact, catalogueFacts } from '#events/catalogue.facts.ts'
import { type ConnectionFact, connectionFacts } from '#events/connection.facts.ts'
import { type GroupFact, groupFacts } from '#events/group.facts.ts'
import { type IdentityFact, identityFacts } from '#events/identity.facts.ts'
import { type LedgerFact, ledgerFacts } from '#events/ledger.facts.ts'
import { type LockoutFact, lockoutFacts } from '#events/lockout.facts.ts'
import { type MailboxFact, mailboxFacts } from '#events/mailbox.facts.ts'
import { type PolicyFact, policyFacts } from '#events/policy.facts.ts'
import { type PresenceFact, presenceFacts } from '#events/presence.facts.ts'
import { type PublicationFact, publicationFacts } from '#events/publication.facts.ts'
import { type RaceFact, raceFacts } from '#events/race.facts.ts'
import { type RequestFact, requestFacts } from '#events/request.facts.ts'
import { type RoomFact, roomFacts } from '#events/room.facts.ts'
import { type SectionFact, sectionFacts } from '#events/section.facts.ts'
import { type SigningFact, signingFacts } from '#events/signing.facts.ts'
import { type SiteFact, siteFacts } from '#events/site.facts.ts'

/** Every type of fact that veza knows. */
export const catalogue = {
  ...accountFacts,
  ...boardFacts,
  ...catalogueFacts,
  ...connectionFacts,
  ...groupFacts,
  ...identityFacts,
  ...ledgerFacts,
  ...lockoutFacts,
  ...mailboxFacts,
  ...policyFacts,
  ...presenceFacts,
  ...publicationFacts,
  ...raceFacts,
  ...requestFacts,
  ...roomFacts,
  ...sectionFacts,
  ...signingFacts,
  ...siteFacts,
}

export type KnownFact =
  | AccountFact
  | BoardFact
  | CatalogueFact
  | ConnectionFact
  | GroupFact
  | IdentityFact
  | LedgerFact
  | LockoutFact
  | MailboxFact
  | PolicyFact
  | PresenceFact
  | PublicationFact
  | RaceFact
  | RequestFact
  | RoomFact
  | SectionFact
  | SigningFact
  | SiteFact
