import { createContext, Script } from 'node:vm'

/**
 * A name is 255 bytes at most: any decent pattern has read it in microseconds. On a busy machine
 * the first try may be over before it has begun, so there is a longer one.
 */
const TRIES_MS = [20, 100]

const sandbox: { pattern: RegExp; text: string } = { pattern: /(?:)/, text: '' }
const context = createContext(sandbox, { codeGeneration: { strings: false, wasm: false } })
const test = new Script('pattern.test(text)')

/**
 * Whether an operator's pattern fits a text; undefined when it does not find out in time. There
 * are patterns that take a regular expression longer than the age of the world, and one thread
 * for all: so it is stopped.
 */
export function fitsInTime(pattern: RegExp, text: string): boolean | undefined {
  Object.assign(sandbox, { pattern, text })
  for (const timeout of TRIES_MS) {
    try {
      return test.runInContext(context, { timeout }) as boolean
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause
    }
  }
  return undefined
}
