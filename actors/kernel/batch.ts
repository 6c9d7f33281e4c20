import { AppendRefused, type EventLog, LOG_LIMITS, VersionConflict } from '#events/event-log.ts'
import type { DecidedFact, FactDefinitions } from '#events/define-facts.ts'
import type { Fact, NewFact } from '#events/fact.ts'
import { factId } from '#events/ids.ts'

import type { Command, CommandContext, Receipt } from '#actors/kernel/host.ts'

/** A command in a mailbox. */
export interface PendingCommand {
  readonly command: Command
  readonly context: CommandContext
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (cause: unknown) => void
}

/** How a command of a batch ended, held back until the batch is in the log. */
export type Outcome =
  | { readonly kind: 'decided'; readonly first: number; readonly count: number }
  | { readonly kind: 'repeated'; readonly first: number; readonly count: number }
  | { readonly kind: 'refused'; readonly cause: unknown }

/** What the log has answered to a batch. */
export interface Appended {
  readonly facts: readonly Fact[]
  /** The version that the batch's first fact was to have. */
  readonly first: number
  /** False when some were recorded before: their versions, and how many they are, may differ. */
  readonly isNew: boolean
}

/** The facts of one command, as they are to be recorded. */
export function makeFacts(
  decided: readonly DecidedFact[],
  { by, connection, commandId, correlationId, causationId }: CommandContext,
  at: number,
  definitions: FactDefinitions,
): NewFact[] {
  return decided.map(({ type, data }, index) => ({
    id: factId(commandId, index),
    type,
    data,
    meta: {
      at,
      by,
      connection,
      commandId,
      correlationId: correlationId ?? commandId,
      causationId: causationId ?? null,
      schema: definitions[type]!.schema,
    },
  }))
}

/**
 * Whether the log has recorded just what was decided. The same command decided at another version
 * or time has the same ids and may have other facts.
 */
export function isAsDecided(
  facts: readonly NewFact[],
  recorded: readonly Fact[],
  first: number,
): boolean {
  return (
    recorded.length === facts.length &&
    recorded.every(
      ({ version, meta }, index) => version === first + index && meta.at === facts[index]!.meta.at,
    )
  )
}

/** All recorded facts of a command, of which `from` is the first version. */
export async function factsOfCommand(
  log: EventLog,
  stream: string,
  from: number,
  commandId: string,
): Promise<Fact[]> {
  const facts: Fact[] = []
  const limit = LOG_LIMITS.factsPerAppend
  for await (const fact of log.readStream(stream, { from, limit })) {
    if (fact.meta.commandId !== commandId) break
    facts.push(fact)
  }
  return facts
}

const CONFLICT_RETRIES = 5

/** Whether a batch that failed may fare better on the state as the log has it now. */
export function isWorthAnotherTry(cause: unknown, attempt: number, commands: number): boolean {
  if (cause instanceof VersionConflict) return attempt <= CONFLICT_RETRIES
  // A command alone, of which the log knows a part: another process has recorded it meanwhile.
  return cause instanceof AppendRefused && commands === 1 && attempt === 1
}
