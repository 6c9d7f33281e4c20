import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { Ids } from '#events/clock.ts'
import type { ActorRef } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'

export interface VisitDeps {
  readonly host: ActorHost
  readonly ids: Ids
  /** Name of this process, as it stands in `connection.opened`. */
  readonly node: string
}

/** The operator at the command line, as the log sees them. */
export interface Visit {
  /** The context of a step of what is asked for: the same step has the same command id. */
  step(name?: string): CommandContext
  /** The context of a command with that id. */
  context(commandId: string): CommandContext
}

/**
 * Runs something as one connection of the gateway `control`, which is closed whatever comes of
 * it. What a killed process leaves open is closed when the next server starts.
 */
export async function withVisit<T>(deps: VisitDeps, run: (visit: Visit) => Promise<T>): Promise<T> {
  const { host, ids, node } = deps
  const connection = ids.next()
  const ref: ActorRef = { kind: 'connection', id: connection }
  const correlationId = ids.next()
  const context = (commandId: string): CommandContext => ({
    by: null,
    connection,
    commandId,
    correlationId,
  })
  const tell = (command: ConnectionCommand) => host.send(ref, command, context(ids.next()))

  await tell({ type: 'connection.open', gateway: 'control', node })
  try {
    return await run({
      step: (name) => context(name === undefined ? ids.next() : derivedId(correlationId, name)),
      context,
    })
  } finally {
    await tell({ type: 'connection.close', reason: 'done', receivedBytes: 0, sentBytes: 0 })
  }
}
