import type { Command, CommandContext, Receipt } from '#actors/kernel/host.ts'
import { type ActorRef, type Fact, streamOf } from '#events/fact.ts'
import { HOST_REFUSALS } from '#events/refusal.ts'

import { Died, Life, type LifeOptions } from '#test/e2e/crash-points/life.ts'
import type { ProgramOptions } from '#test/e2e/crash-points/protocol.ts'
import type { Attempt, CommandHistory } from '#test/simulation/history.ts'

/** What a listener within the program has heard in one of its lives. */
export interface Listening {
  readonly after: number
  readonly facts: Fact[]
}

interface Recorded extends CommandHistory {
  readonly attempts: Attempt[]
}

/** After these the command may be recorded all the same. */
const OPEN = new Set<string>([HOST_REFUSALS.logUnavailable, HOST_REFUSALS.faulty])

/** The program over all its lives, and all that its clients have been told. */
export class SiteRun {
  readonly commands = new Map<string, Recorded>()
  readonly listenings: Listening[] = []
  readonly faults: string[] = []
  #life: Life | undefined
  #change = Promise.withResolvers<void>()
  #isOver = false

  /** Starts it and resolves when it is ready or has died before it was. */
  async start(program: ProgramOptions, launcher?: LifeOptions['launcher']): Promise<Life> {
    const life = new Life({
      program,
      ...(launcher && { launcher }),
      heard: (said) => {
        if (said.say === 'fault') this.faults.push(said.fault)
        else if (said.say === 'listens') this.listenings.push({ after: said.after, facts: [] })
        else if (said.say === 'heard') this.listenings.at(-1)!.facts.push(said.fact)
      },
    })
    try {
      await life.ready()
    } catch (cause) {
      if (!(cause instanceof Died)) throw cause
      return life
    }
    this.#life = life
    this.#changed()
    return life
  }

  /** There is no other life, and this one ends if it has not: whoever waits for one is told. */
  end(): void {
    this.#isOver = true
    this.#life?.kill()
    this.#changed()
  }

  /**
   * Sends a command in as many lives as it takes to get an answer, each time with the same id.
   * Undefined when it is refused. Rejects with `Died` when the run has ended meanwhile.
   */
  async tell(
    ref: ActorRef,
    command: Command,
    context: CommandContext,
  ): Promise<Receipt | undefined> {
    const attempts: Attempt[] = []
    const id = context.commandId
    this.commands.set(id, { id, stream: streamOf(ref), type: command.type, attempts })
    for (;;) {
      const life = await this.#living()
      try {
        const answer = await life.ask({ ask: 'send', ref, command, context })
        if (answer.say === 'receipt') {
          attempts.push({ outcome: 'done', ...answer.receipt })
          return answer.receipt
        }
        if (answer.say !== 'refusal') throw new Error(`a ${answer.say} for a command`)
        const { code } = answer
        attempts.push(
          OPEN.has(code) ? { outcome: 'unknown', reason: code } : { outcome: 'refused', code },
        )
        return undefined
      } catch (cause) {
        if (!(cause instanceof Died)) throw cause
        attempts.push({ outcome: 'unknown', reason: 'died' })
      }
    }
  }

  async #living(): Promise<Life> {
    while (!this.#isOver) {
      if (this.#life?.isOver === false) return this.#life
      await this.#change.promise
    }
    throw new Died('there is no other life')
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
