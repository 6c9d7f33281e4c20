/** Facts that lie side by side in their stream and in the log. */
export interface Run {
  readonly version: number
  readonly position: number
  readonly count: number
}

/** Runs in one entry of the index. */
export const RUNS_PER_ENTRY = 256

/** Runs as an entry of the index: their numbers one after the other, as JSON. */
export function encodeRuns(runs: readonly Run[]): string {
  const numbers: number[] = []
  for (const { version, position, count } of runs) numbers.push(version, position, count)
  return JSON.stringify(numbers)
}

export function decodeRuns(text: string): Run[] {
  const numbers = JSON.parse(text) as number[]
  const runs: Run[] = []
  for (let at = 0; at < numbers.length; at += 3) {
    runs.push({ version: numbers[at]!, position: numbers[at + 1]!, count: numbers[at + 2]! })
  }
  return runs
}

/** Adds a run to a list, as part of its last one where it goes on from there. */
export function pushRun(runs: Run[], run: Run): void {
  const last = runs.at(-1)
  const goesOn =
    last && last.version + last.count === run.version && last.position + last.count === run.position
  if (goesOn) {
    const { version, position } = last
    runs[runs.length - 1] = { version, position, count: last.count + run.count }
  } else runs.push(run)
}

/** The list in pieces that each make an entry. */
export function* entriesOf(runs: readonly Run[]): Generator<readonly Run[]> {
  for (let at = 0; at < runs.length; at += RUNS_PER_ENTRY) yield runs.slice(at, at + RUNS_PER_ENTRY)
}
