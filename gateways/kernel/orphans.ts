import type { ActorHost, Command, CommandContext } from '#actors/kernel/host.ts'
import { ROOM_REFUSALS, SITE_ROOM } from '#actors/room/room.commands.ts'
import type { Ids } from '#events/clock.ts'
import type { ActorRef } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { OpenConnection, ReadModels } from '#projections/read-models.ts'

export interface OrphanDeps {
  readonly host: ActorHost
  readonly ids: Ids
  readonly readModels: ReadModels
  /** The process whose connections are to be ended: none of its sockets is open yet. */
  readonly node: string
}

/**
 * Ends what a process that was killed left open: connections without a socket, their uploads,
 * their places in rooms. Runs before the gateways listen. Answers how many there were.
 */
export async function closeOrphans({ host, ids, readModels, node }: OrphanDeps): Promise<number> {
  const open = await readModels.connections()
  const orphans = open.filter((connection) => connection.node === node)
  for (const orphan of orphans) {
    const context = (): CommandContext => ({
      by: orphan.member,
      connection: orphan.id,
      commandId: ids.next(),
    })
    for (const [ref, command] of endingsOf(orphan)) {
      await host.send(ref, command, context()).catch(ignoreAbsent)
    }
  }
  return orphans.length
}

function endingsOf(orphan: OpenConnection): [ActorRef, Command][] {
  const endings: [ActorRef, Command][] = []
  const reason = 'server-lost'
  if (orphan.upload) {
    const { race, file, uploadId } = orphan.upload
    const abort = { type: 'race.abort-upload', file, uploadId, receivedBytes: 0, reason }
    endings.push([{ kind: 'race', id: race }, abort])
  }
  if (orphan.member !== null) {
    endings.push([{ kind: 'room', id: SITE_ROOM }, { type: 'room.leave', reason } as Command])
  }
  const close = { type: 'connection.close', reason, receivedBytes: 0, sentBytes: 0 }
  endings.push([{ kind: 'connection', id: orphan.id }, close])
  return endings
}

/** Most were in no room, and a race may be gone: there is nothing to end then. */
const ABSENT = new Set<string>([ROOM_REFUSALS.notInRoom, ROOM_REFUSALS.noSuchRoom, 'no-such-race'])

function ignoreAbsent(cause: unknown): void {
  if (!(cause instanceof Refusal) || !ABSENT.has(cause.code)) throw cause
}
