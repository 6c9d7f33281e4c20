// How bench/log.ts measures: closed loops of writers, and figures by round.
import { median, printRate } from '#bench/report.ts'

/** The figures of each round, by what was measured. */
export class Figures {
  readonly #byName = new Map<string, number[]>()

  add(name: string, value: number): void {
    const values = this.#byName.get(name)
    if (values) values.push(value)
    else this.#byName.set(name, [value])
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  median(name: string): number {
    return median(this.#byName.get(name)!)
  }

  /** One line: the median, and its ratio to another's. */
  print(name: string, floor?: string, of?: string): void {
    if (!this.has(name)) return
    const per = floor !== undefined && this.has(floor) ? this.median(floor) : undefined
    printRate(name, this.median(name), 'facts/s', per, of)
  }

  /** Least and most of the rounds: how much the machine can be trusted. */
  printSpread(...names: readonly string[]): void {
    for (const name of names) {
      const sorted = (this.#byName.get(name) ?? []).toSorted((a, b) => a - b)
      const texts = sorted.map((value) => Math.round(value).toLocaleString('en'))
      if (texts.length > 0) console.log(`  rounds of ${name}: ${texts.join(', ')}`)
    }
  }
}

export interface Load {
  readonly writers: number
  readonly seconds: number
  /** Facts in each call. */
  readonly perCall?: number
}

/** Writers that each begin their next call when the last is done: facts a second. */
export async function factsPerSecond(
  { writers, seconds, perCall = 1 }: Load,
  call: (writer: number) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  let calls = 0
  const write = async (writer: number) => {
    while (performance.now() < endAt) {
      await call(writer)
      calls++
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  return (calls * perCall * 1_000) / (performance.now() - startedAt)
}

/** Facts a second of a reading that answers how many there were. */
export async function readPerSecond(read: () => Promise<number>): Promise<number> {
  const startedAt = performance.now()
  const count = await read()
  return (count * 1_000) / (performance.now() - startedAt)
}

export async function countOf(facts: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of facts) count++
  return count
}
