/** Which versions a command's facts have. */
export interface CommandFacts {
  readonly first: number
  readonly count: number
}

const REMEMBERED = 256
/** More than the facts of a command (`factId` allows 4,096). */
const COUNTS = 8_192

/** The newest commands of an actor, so that one sent again is recognised. */
export class RecentCommands {
  /** Command id to first version and count, packed into one number to spare an object each. */
  readonly #commands = new Map<string, number>()

  constructor(stored: readonly (readonly [string, number, number])[] = []) {
    for (const [id, first, count] of stored) this.#commands.set(id, first * COUNTS + count)
  }

  find(commandId: string): CommandFacts | undefined {
    const packed = this.#commands.get(commandId)
    if (packed === undefined) return undefined
    return { first: Math.floor(packed / COUNTS), count: packed % COUNTS }
  }

  /** Notes one more fact of a command. Facts of a command have versions side by side. */
  note(commandId: string, version: number): void {
    const known = this.#commands.get(commandId)
    if (known !== undefined) {
      this.#commands.set(commandId, known + 1)
      return
    }
    this.#commands.set(commandId, version * COUNTS + 1)
  }

  /** Forgets the oldest. Not within a batch, which may hold the same command at both its ends. */
  trim(): void {
    let surplus = this.#commands.size - REMEMBERED
    for (const commandId of this.#commands.keys()) {
      if (surplus-- <= 0) return
      this.#commands.delete(commandId)
    }
  }

  stored(): [string, number, number][] {
    return [...this.#commands].map(([id, packed]) => [
      id,
      Math.floor(packed / COUNTS),
      packed % COUNTS,
    ])
  }
}
