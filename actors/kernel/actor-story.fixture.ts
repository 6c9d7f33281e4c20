import type { ActorDefinition, DecideEnv } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import type { ActorState, Command } from '#actors/kernel/host.ts'
import type { DecidedFact } from '#events/define-facts.ts'
import type { Fact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

/**
 * An actor without a host, for tests of its rules: given facts, when a command, then facts. Each
 * command goes through the schema, each fact through its own and through the chart.
 */
export function createStory<C, Cmd extends Command, D extends DecidedFact>(
  definition: ActorDefinition<C, Cmd, D>,
  start = Date.UTC(2026, 0, 1),
) {
  let fold = new Fold(definition.machine)
  const facts: Fact[] = []
  const env: { -readonly [K in keyof DecideEnv]: DecideEnv[K] } = {
    now: start,
    by: null,
    flags: '',
    connection: null,
  }
  const state = () => fold.state(facts.length - 1) as ActorState<C>

  function record({ type, data }: DecidedFact): Fact {
    const version = facts.length
    const meta = { at: env.now, by: env.by, connection: env.connection }
    const fact = { id: `fact-${version}`, stream: '', position: version + 1, type, version, meta }
    return { ...fact, data: definition.facts[type]!.data.parse(data) } as unknown as Fact
  }

  return {
    facts,
    /** Of the next commands: set its fields at will. */
    env,
    state,
    get context() {
      return state().context
    },
    deadline: () => definition.deadline?.(state()),
    given(...past: readonly D[]) {
      for (const decided of past) {
        const fact = record(decided)
        fold.apply(fact)
        facts.push(fact)
      }
    },
    /** The facts decided, or the refusal's code. */
    tell(command: Cmd): { type: string; data: unknown }[] | string {
      try {
        const decided = definition.decide(state(), definition.commands.parse(command), env)
        for (const each of decided) {
          const { version: _, ...fact } = record(each)
          fold.decide(fact)
          facts.push({ ...fact, version: facts.length })
        }
        return decided.map(({ type, data }) => ({ type, data }))
      } catch (cause) {
        if (cause instanceof Refusal) return cause.code
        throw cause
      }
    },
    /** As `tell`, the types alone, without the kind. */
    types(command: Cmd): string[] | string {
      const told = this.tell(command)
      return typeof told === 'string' ? told : told.map(({ type }) => type.replace(/^\w+\./, ''))
    },
    /** Fields of the refusal that the command meets. */
    refusal(command: Cmd): Refusal | undefined {
      try {
        definition.decide(state(), command, env)
        return undefined
      } catch (cause) {
        if (cause instanceof Refusal) return cause
        throw cause
      }
    },
    /** The state folded again from all facts as they were recorded, by way of a snapshot. */
    replayed(): ActorState<C> {
      const again = new Fold(definition.machine)
      const half = Math.floor(facts.length / 2)
      for (const fact of facts.slice(0, half)) again.apply(structuredClone(fact))
      const { value, context } = structuredClone(again.state(half - 1))
      fold = new Fold(definition.machine, { value, context })
      for (const fact of facts.slice(half)) fold.apply(structuredClone(fact))
      return state()
    },
  }
}
