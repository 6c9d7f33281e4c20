import type { Command, CommandContext, Receipt } from '#actors/kernel/host.ts'
import { type ActorRef, streamOf } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { Attempt } from '#test/simulation/history.ts'
import type { Random } from '#test/simulation/random.ts'
import type { VezaNode } from '#test/simulation/veza-node.ts'
import type { World } from '#test/simulation/world.ts'

const TIMEOUT_MS = 1_500
const ATTEMPTS = 6

/** Refusals after which the command may be recorded all the same. */
const OPEN = new Set<string>([HOST_REFUSALS.logUnavailable, HOST_REFUSALS.faulty])
/** Refusals that say nothing of the command itself. */
const PASSING = new Set<string>([HOST_REFUSALS.busy, HOST_REFUSALS.stopping])

/** Sends commands over the network until there is an answer, each try under the same id. */
export class Client {
  readonly #world: World
  readonly #nodes: readonly VezaNode[]
  readonly #random: Random

  constructor(world: World, nodes: readonly VezaNode[], random: Random) {
    this.#world = world
    this.#nodes = nodes
    this.#random = random
  }

  /** The receipt; undefined after a refusal, or when the client has given up. */
  async send(
    ref: ActorRef,
    command: Command,
    context: Omit<CommandContext, 'commandId'>,
  ): Promise<Receipt | undefined> {
    const { outside, commands } = this.#world
    const id = outside.ids.next()
    const attempts: Attempt[] = []
    commands.set(id, { id, stream: streamOf(ref), type: command.type, attempts })
    const attempt = () => this.#attempt(attempts, ref, command, { ...context, commandId: id })
    // An impatient client: it asks again before it has an answer.
    if (this.#random.chance(0.1)) void attempt()
    for (let tries = 0; tries < ATTEMPTS; tries++) {
      const { receipt, isFinal } = await attempt()
      if (receipt && this.#random.chance(0.1)) void attempt()
      if (isFinal) return receipt
      await outside.pause(50, 500)
    }
    return undefined
  }

  async #attempt(
    attempts: Attempt[],
    ref: ActorRef,
    command: Command,
    context: CommandContext,
  ): Promise<{ receipt?: Receipt; isFinal: boolean }> {
    const { network, outside, time } = this.#world
    const node = this.#random.pick(this.#nodes)
    const what = `${command.type} ${context.commandId.slice(-8)} to ${streamOf(ref)} by ${node.name}`
    const ended = (attempt: Attempt, how: string) => {
      attempts.push(attempt)
      time.note(`${what}: ${how}`)
    }
    try {
      const receipt = await network.call({
        what,
        from: outside,
        to: () => node.running?.life,
        work: () => node.running!.host.send(ref, structuredClone(command), context),
        timeoutMs: TIMEOUT_MS,
        isRepeatable: false,
      })
      ended({ outcome: 'done', ...structuredClone(receipt) }, `done at version ${receipt.version}`)
      return { receipt, isFinal: true }
    } catch (cause) {
      if (!(cause instanceof Refusal)) {
        ended({ outcome: 'unknown', reason: String(cause) }, 'no answer')
        return { isFinal: false }
      }
      const { code } = cause
      const isOpen = OPEN.has(code)
      ended(isOpen ? { outcome: 'unknown', reason: code } : { outcome: 'refused', code }, code)
      return { isFinal: !isOpen && !PASSING.has(code) }
    }
  }
}
