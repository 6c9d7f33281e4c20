import type { Consumer } from '#actors/kernel/consumer.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { isPublic } from '#actors/policy/path-rights.ts'
import { createRulesNow } from '#actors/policy/rules-now.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { RequestContext } from '#actors/request/request.commands.ts'
import { announcementOf } from '#actors/room/race-announcements.ts'
import { type RequestAnnounced, requestAnnouncementOf } from '#actors/room/request-announcements.ts'
import { type RoomCommand, SITE_ROOM } from '#actors/room/room.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { type ActorRef, refOf } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'

/**
 * Says in the site's room what happens in the races, and what is asked for. The command's id
 * derives from the fact's, so that a fact seen twice, after a crash, is announced once. Everybody
 * is in that room: what is private, as the rights are then, is not named there.
 */
export function createSiteAnnouncer(host: ActorHost): Consumer {
  const rulesNow = createRulesNow(host)

  async function ofRace(fact: KnownFact, ref: ActorRef): Promise<string | undefined> {
    const { context: race } = await host.state<RaceContext>(ref)
    const text = announcementOf(fact, race)
    if (text === undefined || isBeforePublication(fact, race)) return undefined
    return isPublic(`/${race.section}/${race.release}`, await rulesNow()) ? text : undefined
  }

  async function ofRequest(fact: KnownFact, ref: ActorRef): Promise<string> {
    const { context } = await host.state<RequestContext>(ref)
    const rules = await rulesNow()
    return requestAnnouncementOf(fact as RequestAnnounced, context.name, (path) =>
      isPublic(path, rules),
    )
  }

  return {
    name: 'site-announcer',
    kinds: ['race', 'request'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const ref = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!ref) return
      const text = ref.kind === 'request' ? await ofRequest(fact, ref) : await ofRace(fact, ref)
      if (text === undefined) return
      const command: RoomCommand = { type: 'room.announce', text, about: fact.id }
      await host.send({ kind: 'room', id: SITE_ROOM }, command, {
        by: null,
        connection: null,
        commandId: derivedId('announce', fact.id),
        correlationId: fact.meta.correlationId,
        causationId: fact.id,
      })
    },
  }
}

/** What a group did before it published stays its own, though this hears of it only now. */
function isBeforePublication({ type, meta }: KnownFact, { published }: RaceContext): boolean {
  return published !== null && type !== 'race.published' && meta.at <= published.atMs
}
