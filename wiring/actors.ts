import { accountActor } from '#actors/account/account.actor.ts'
import { boardActor } from '#actors/board/board.actor.ts'
import { connectionActor } from '#actors/connection/connection.actor.ts'
import { groupActor } from '#actors/group/group.actor.ts'
import { identityActor } from '#actors/identity/identity.actor.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import { lockoutActor } from '#actors/lockout/lockout.actor.ts'
import { mailboxActor } from '#actors/mailbox/mailbox.actor.ts'
import { policyActor } from '#actors/policy/policy.actor.ts'
import { presenceActor } from '#actors/presence/presence.actor.ts'
import { publicationActor } from '#actors/publication/publication.actor.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { requestActor } from '#actors/request/request.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import { signingActor } from '#actors/signing/signing.actor.ts'
import { siteActor } from '#actors/site/site.actor.ts'

/** Every kind of actor that veza has. */
export const actors = [
  accountActor,
  boardActor,
  connectionActor,
  groupActor,
  identityActor,
  ledgerActor,
  lockoutActor,
  mailboxActor,
  policyActor,
  presenceActor,
  publicationActor,
  raceActor,
  requestActor,
  roomActor,
  sectionActor,
  signingActor,
  siteActor,
]
