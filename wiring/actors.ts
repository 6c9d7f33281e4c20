import { accountActor } from '#actors/account/account.actor.ts'
import { connectionActor } from '#actors/connection/connection.actor.ts'
import { groupActor } from '#actors/group/group.actor.ts'
import { identityActor } from '#actors/identity/identity.actor.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import { lockoutActor } from '#actors/lockout/lockout.actor.ts'
import { policyActor } from '#actors/policy/policy.actor.ts'
import { presenceActor } from '#actors/presence/presence.actor.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import { signingActor } from '#actors/signing/signing.actor.ts'

/** Every kind of actor that veza has. */
export const actors = [
  accountActor,
  connectionActor,
  groupActor,
  identityActor,
  ledgerActor,
  lockoutActor,
  policyActor,
  presenceActor,
  raceActor,
  roomActor,
  sectionActor,
  signingActor,
]
