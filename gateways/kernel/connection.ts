import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import type { RoomCommand } from '#actors/room/room.commands.ts'
import type { PresenceCommand } from '#actors/presence/presence.commands.ts'
import type { GatewayName } from '#events/connection.facts.ts'
import type { ActorRef } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject } from '#events/seals.ts'

import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import { assertGroupLogins, LIMITLESS_FLAG } from '#gateways/kernel/group-logins.ts'
import { LOGIN_REFUSALS, type Member, type Origin } from '#gateways/kernel/login.ts'
import { sendEventually } from '#gateways/kernel/send-eventually.ts'
import { networkOf, remoteOf } from '#gateways/members/network.ts'
import { STANDING_REFUSALS } from '#gateways/members/standing.ts'
import { isStillProven } from '#gateways/members/still-proven.ts'

/** A client's connection actor, as its session sees it. */
export interface Connection {
  readonly id: string
  readonly ref: ActorRef
  /** Who is logged in by it. */
  readonly member: Member | undefined
  /** The context of a command that this client sends, with a fresh command id unless given. */
  context(commandId?: string): CommandContext
  secured(protocol: string, cipher: string): Promise<void>
  /** Rejects with `too-many-logins` when the member is in too often already. */
  authenticated(member: Member, origin: Origin): Promise<void>
  /** Records that the client is no longer in a room, as soon as the log can take it. */
  leaveRoom(room: string, reason: string): Promise<void>
  /** Records the closing, once and as soon as the log can take it. */
  closed(reason: string, receivedBytes: number, sentBytes: number): Promise<void>
}

/** Records that a client has connected. Rejects with a `Refusal` when the host cannot take it. */
export async function openConnection(deps: GatewayDeps, gateway: GatewayName): Promise<Connection> {
  const id = deps.ids.next()
  const ref: ActorRef = { kind: 'connection', id }
  let member: Member | undefined
  let closing: Promise<void> | undefined

  const context = (commandId = deps.ids.next()): CommandContext => ({
    by: member?.id ?? null,
    flags: member?.flags ?? '',
    connection: id,
    commandId,
  })
  const send = (command: ConnectionCommand): Promise<Receipt> =>
    deps.host.send(ref, command, context())

  await send({ type: 'connection.open', gateway, node: deps.node })
  return {
    id,
    ref,
    get member() {
      return member
    },
    context,
    async leaveRoom(room, reason) {
      const command: RoomCommand = { type: 'room.leave', reason }
      await sendEventually(deps, { kind: 'room', id: room }, command, context())
    },
    async secured(protocol, cipher) {
      await send({ type: 'connection.secure', protocol, cipher })
    },
    async authenticated(who, origin) {
      const as = () => ({ ...context(), by: who.id, flags: who.flags })
      const subject = memberSubject(who.id)
      const [network, remote] = await Promise.all([
        deps.seals.tag(subject, networkOf(origin.address)),
        deps.seals.seal(subject, 'remote', remoteOf(origin)),
      ])
      const presence: ActorRef = { kind: 'presence', id: who.id }
      const enter: PresenceCommand = {
        type: 'presence.enter',
        connection: id,
        gateway,
        network,
        proof: who.method,
        loginsMax: who.limits.loginsMax,
        loginsPerAddressMax: who.limits.loginsPerAddressMax,
        isExempt: who.flags.includes(LIMITLESS_FLAG),
      }
      await assertGroupLogins(deps, who)
      await deps.host.send(presence, enter, as())
      const { id: account, group, method } = who
      const command: ConnectionCommand = {
        type: 'connection.authenticate',
        account,
        group,
        method,
        remote,
      }
      try {
        await assertCurrent(deps, who)
        await deps.host.send(ref, command, as())
      } catch (cause) {
        // The password was changed, or the connection closed, when nobody was logged in by it.
        const leave: PresenceCommand = { type: 'presence.leave', connection: id }
        await sendEventually(deps, presence, leave, as())
        throw cause
      }
      member = who
    },
    closed(reason, receivedBytes, sentBytes) {
      const command = { type: 'connection.close', reason, receivedBytes, sentBytes } as const
      closing ??= sendEventually(deps, ref, command, context()).then(() => {})
      return closing
    },
  }
}

/**
 * Whoever enters before the password changes, a token is revoked, or a ban, is sent out by that; who
 * proved to be the member before it and enters after it is stopped here.
 */
async function assertCurrent({ host, policy }: GatewayDeps, who: Member): Promise<void> {
  if (!(await isStillProven(host, who))) {
    const words = 'What you have logged in by has just been made void.'
    throw new Refusal(LOGIN_REFUSALS.loginIncorrect, words)
  }
  const { isAllowed, reason, words } = await policy.ask(who, { action: 'login' })
  // Whoever must first get a second factor is let in for that alone: their scopes say so.
  const mayEnrol = reason === 'mfa-required' && who.scopes?.length === 0
  if (!isAllowed && !mayEnrol) throw new Refusal(STANDING_REFUSALS.loginDenied, words, { reason })
}
