import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import { memberSubject } from '#events/seals.ts'
import { type Connection, openConnection } from '#gateways/kernel/connection.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member, Origin } from '#gateways/kernel/login.ts'
import { remoteOf } from '#gateways/members/network.ts'

/**
 * By what a request comes in, for the audit: who changes something is found with the address and
 * the way they proved who they are.
 */
export interface Visits {
  /**
   * The id of the session that the member has opened, or of a connection that stands for all
   * requests of that member, with that proof, from that address, while they follow each other.
   */
  of(member: Member, origin: Origin): Promise<string>
  /** Closes all of them. */
  stop(): Promise<void>
}

export interface VisitLimits {
  /** A visit is over when nothing has come for so long. */
  readonly idleMs: number
  /** Visits at a time; the one that was idle for longest makes room. */
  readonly visits: number
}

export const VISIT_LIMITS: VisitLimits = { idleMs: 60_000, visits: 1_000 }

interface Visit {
  readonly opened: Promise<Connection>
  cancelEnd(): void
}

const SESSION = 'session:'

export function createVisits(deps: GatewayDeps, limits: VisitLimits = VISIT_LIMITS): Visits {
  /** The one that was idle for longest first. */
  const visits = new Map<string, Visit>()
  const closings = new Set<Promise<void>>()

  /**
   * A visit is no login that counts: a member's limit on logins is for those who stay. It ends
   * by itself, and each request of it is checked anew.
   */
  async function open(member: Member, origin: Origin): Promise<Connection> {
    const { id, group, method, flags } = member
    const connection = await openConnection(deps, 'http')
    try {
      const remote = await deps.seals.seal(memberSubject(id), 'remote', remoteOf(origin))
      const command: ConnectionCommand = {
        type: 'connection.authenticate',
        account: id,
        group,
        method,
        remote,
      }
      await deps.host.send(connection.ref, command, { ...connection.context(), by: id, flags })
      return connection
    } catch (cause) {
      await connection.closed('not-authenticated', 0, 0)
      throw cause
    }
  }

  function end(key: string, reason: string): void {
    const visit = visits.get(key)
    if (!visit) return
    visits.delete(key)
    visit.cancelEnd()
    const closing = visit.opened
      .then(
        (connection) => connection.closed(reason, 0, 0),
        // Whoever asked for it was told.
        () => {},
      )
      .finally(() => closings.delete(closing))
    closings.add(closing)
  }

  function keep(key: string, opened: Promise<Connection>): void {
    visits.get(key)?.cancelEnd()
    visits.delete(key)
    const oldest = visits.keys().next().value
    if (visits.size >= limits.visits && oldest !== undefined) end(oldest, 'too-many-visits')
    visits.set(key, { opened, cancelEnd: deps.clock.after(limits.idleMs, () => end(key, 'idle')) })
  }

  return {
    async of(member, origin) {
      if (member.method.startsWith(SESSION)) return member.method.slice(SESSION.length)
      const key = JSON.stringify([member.id, member.method, member.credential, origin.address])
      const opened = visits.get(key)?.opened ?? open(member, origin)
      keep(key, opened)
      try {
        return (await opened).id
      } catch (cause) {
        if (visits.get(key)?.opened === opened) end(key, 'failed')
        throw cause
      }
    },
    async stop() {
      for (const key of visits.keys()) end(key, 'stopping')
      await Promise.all(closings)
    },
  }
}
