import type { AnyStateMachine } from 'xstate'
import type { z } from 'zod'

import type { DecidedFact, FactDefinitions } from '#events/define-facts.ts'
import type { ActorState, Command } from '#actors/kernel/host.ts'

/** What a decision may know besides the state and the command. */
export interface DecideEnv {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly by: string | null
  /** The member's flag letters. */
  readonly flags: string
  readonly connection: string | null
  /** The policy grants it whoever owns it. */
  readonly isGranted?: boolean
}

/** Whose something is may change it; so may whom the policy grants it, and the site itself. */
export function mayChange(owner: string, { by, isGranted }: DecideEnv): boolean {
  return by === null || by === owner || isGranted === true
}

/** A command that is due at a time by the actor's own rules. */
export interface Deadline<Cmd extends Command = Command> {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly command: Cmd
}

/**
 * One kind of actor.
 *
 * `machine` is the fold: its events are the facts, its actions are `assign` alone. The context
 * belongs to one activation, so an `assign` may change its collections in place; it must be
 * plain JSON, because it is what a snapshot keeps.
 */
export interface ActorDefinition<
  C = any,
  Cmd extends Command = any,
  D extends DecidedFact = DecidedFact,
> {
  readonly kind: string
  readonly machine: AnyStateMachine
  readonly facts: FactDefinitions
  readonly commands: z.ZodType<Cmd>
  /** Facts that follow from the command, none when nothing changes. Throws a `Refusal`. Pure. */
  readonly decide: (state: ActorState<C>, command: Cmd, env: DecideEnv) => readonly D[]
  readonly deadline?: (state: ActorState<C>) => Deadline<Cmd> | undefined
  /** A snapshot is saved after this many facts. */
  readonly snapshotEvery: number
  /** An activation that has had no command for so long is let go. */
  readonly passivateAfterMs: number
  /** Raised when `machine` folds differently: older snapshots are then not used. */
  readonly snapshotSchema: number
}

/** Declares a kind of actor, checking that the chart keeps no state that the log lacks. */
export function defineActor<C, Cmd extends Command, D extends DecidedFact>(
  definition: ActorDefinition<C, Cmd, D>,
): ActorDefinition<C, Cmd, D> {
  assertFold(definition.kind, definition.machine)
  return definition
}

/** Timers and invoked actors are lost or run again on restore: a fold may have neither. */
function assertFold(kind: string, machine: AnyStateMachine): void {
  const states = [machine.root]
  for (let state = states.pop(); state; state = states.pop()) {
    if (state.invoke.length > 0) throw new Error(`${kind}: ${state.id} invokes an actor`)
    if (state.after.length > 0) throw new Error(`${kind}: ${state.id} has a timer`)
    if (state.entry.length > 0 || state.exit.length > 0) {
      throw new Error(`${kind}: ${state.id} has entry or exit actions: use assign on a fact`)
    }
    states.push(...Object.values(state.states))
  }
}
