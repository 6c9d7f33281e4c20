import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> }

/** Prints what the figures were measured on. */
export function printMachine(...packages: readonly string[]): void {
  const [cpu] = cpus()
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0)
  console.log(`machine   ${cpus().length} x ${cpu?.model.trim()}, ${memoryGib} GiB`)
  const versions = packages.map((name) => `${name} ${dependencies[name]}`)
  console.log(`versions  node ${process.version.slice(1)}, ${versions.join(', ')}`)
}

/** One line: what was measured, how much a second, and the ratio to the floor (or a peer). */
export function printRate(
  name: string,
  perSecond: number,
  unit: string,
  floor?: number,
  of = 'of the floor',
): void {
  const rate = Math.round(perSecond).toLocaleString('en').padStart(10)
  const ratio = floor === undefined ? '' : `   ${(perSecond / floor).toFixed(2)} ${of}`
  console.log(`${name.padEnd(52)}${rate} ${unit}${ratio}`)
}

/** The middle one of several runs. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
