import type { ActorState } from '#actors/kernel/host.ts'
import type { RoomContext } from '#actors/room/room.commands.ts'
import type { ActorRef } from '#events/fact.ts'
import { NO_VERSION } from '#events/fact.ts'

import { foldCase } from '#gateways/irc/codec.ts'
import type { House } from '#gateways/irc/house.ts'
import { CHANNEL_CHARACTERS } from '#gateways/irc/isupport.ts'

const CHANNEL = /^#[^\0-\x20,:\x07\x7f]+$/

/** The room that a channel's name stands for; undefined when it is no channel's name. */
export function roomOf(channel: string): ActorRef | undefined {
  if (channel.length > CHANNEL_CHARACTERS || !CHANNEL.test(channel)) return undefined
  return { kind: 'room', id: foldCase(channel.slice(1)) }
}

/** A room's state, or undefined when there is no such room. Rejects with a `Refusal`. */
export async function findRoom(
  house: House,
  ref: ActorRef,
): Promise<ActorState<RoomContext> | undefined> {
  const state = await house.deps.host.state<RoomContext>(ref)
  return state.version === NO_VERSION ? undefined : state
}
