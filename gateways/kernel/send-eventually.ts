import type { Command, CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { ActorRef } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { GatewayDeps } from '#gateways/kernel/gateway.ts'

type Deps = Pick<GatewayDeps, 'host' | 'clock' | 'logger'>

const RETRY_MS = 1_000
/** Endings that wait for the log in one process; those beyond are settled at the next start. */
const WAITING = 10_000
let waiting = 0

const TEMPORARY: ReadonlySet<string> = new Set([
  HOST_REFUSALS.busy,
  HOST_REFUSALS.faulty,
  HOST_REFUSALS.logUnavailable,
  HOST_REFUSALS.noHolder,
])

/**
 * Sends a command that tells an end (of a connection, of an upload, of being in a room), which
 * nobody is there to send again. When the log cannot take it now, it is sent every second until
 * it can; the command's id keeps it to one effect. Resolves after the first try, without a receipt
 * when that failed; rejects when it is refused for good.
 */
export async function sendEventually(
  deps: Deps,
  ref: ActorRef,
  command: Command,
  context: CommandContext,
): Promise<Receipt | undefined> {
  try {
    return await deps.host.send(ref, command, context)
  } catch (cause) {
    if (!(cause instanceof Refusal) || !TEMPORARY.has(cause.code)) throw cause
    if (waiting >= WAITING) throw cause
    waiting++
    retryLater(deps, ref, command, context)
    return undefined
  }
}

function retryLater(deps: Deps, ref: ActorRef, command: Command, context: CommandContext): void {
  deps.clock.after(RETRY_MS, () => {
    deps.host.send(ref, command, context).then(
      () => waiting--,
      (cause: unknown) => {
        if (cause instanceof Refusal && TEMPORARY.has(cause.code)) {
          return retryLater(deps, ref, command, context)
        }
        waiting--
        deps.logger.warn({ err: cause, ref, command: command.type }, 'an ending is not recorded')
      },
    )
  })
}
