import type { BusSubscription } from '#events/event-bus.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { refOf } from '#events/fact.ts'
import type { ConnectionFact } from '#events/connection.facts.ts'
import type { RoomFact } from '#events/room.facts.ts'

import type { House } from '#gateways/irc/house.ts'
import { renderRoomFact } from '#gateways/irc/render.ts'

/** Facts that may wait for a name to be looked up; beyond it the ids stand for the names. */
const WAITING_FACTS = 5_000

/** Turns the bus's facts into lines for the sessions that they concern, in the bus's order. */
export async function startFeed(house: House): Promise<BusSubscription> {
  const { deps, nicks, sessions, voice } = house
  const waiting: RoomFact[] = []
  let isLookingUp = false

  function drain(): void {
    while (!isLookingUp) {
      const fact = waiting[0]
      if (!fact) return
      const member = memberIn(fact)
      if (member === undefined || nicks.known(member) !== undefined) {
        waiting.shift()
        deliver(fact)
      } else {
        isLookingUp = true
        void lookUp(member)
      }
    }
  }

  async function lookUp(member: string): Promise<void> {
    try {
      nicks.learn(member, await nicks.find(member))
    } catch (error) {
      nicks.learn(member, member)
      deps.logger.warn({ err: error, member }, 'a member has no readable name')
    } finally {
      isLookingUp = false
      drain()
    }
  }

  function deliver(fact: RoomFact): void {
    const room = refOf(fact.stream)?.id
    if (room === undefined) return
    const rendered = renderRoomFact(fact, `#${room}`, voice)
    for (const listener of sessions.inRoom(room)) listener.deliver(room, fact, rendered)
  }

  function hear(fact: RoomFact): void {
    const room = refOf(fact.stream)?.id
    if (room === undefined || sessions.inRoom(room).size === 0) return
    waiting.push(fact)
    if (waiting.length > WAITING_FACTS) {
      for (const late of waiting.splice(0)) deliver(late)
    } else {
      drain()
    }
  }

  function closed(fact: ConnectionFact): void {
    if (fact.type !== 'connection.closed') return
    const id = refOf(fact.stream)?.id
    if (id !== undefined) sessions.byConnection(id)?.expelled(fact.data.reason)
  }

  return await deps.bus.subscribe({ kinds: ['room', 'connection'] }, (fact) => {
    const known = fact as KnownFact
    if (known.type.startsWith('room.')) hear(known as RoomFact)
    else if (known.type.startsWith('connection.')) closed(known as ConnectionFact)
  })
}

function memberIn(fact: RoomFact): string | undefined {
  return 'member' in fact.data ? fact.data.member : (fact.meta.by ?? undefined)
}
