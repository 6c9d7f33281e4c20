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
    if (this.#commands.size <= REMEMBERED) return
    const oldest = this.#commands.keys().next()
    if (!oldest.done) this.#commands.delete(oldest.value)
  }

  stored(): [string, number, number][] {
    return [...this.#commands].map(([id, packed]) => [
      id,
      Math.floor(packed / COUNTS),
      packed % COUNTS,
    ])
  }
}
