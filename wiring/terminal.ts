import { createProgressView, type ProgressView } from '#gateways/cli/progress.ts'
import { systemClock } from '#infra/clock/system-clock.ts'

/** What the tools are given of the process that they run in. */
export interface Terminal {
  /** A line of the outcome. */
  readonly say: (line: string) => void
  /** A line for the person, not for the pipe. */
  readonly complain: (line: string) => void
  /** Progress as it is, with its own line ends. */
  readonly writeProgress: (text: string) => void
  readonly isTerminal: boolean
  readonly columns: number
  /** Asks to end: a second time ends the process. */
  readonly interrupted: () => AbortSignal
}

/** Exit codes: 0 done, 1 failed, 2 wrongly asked (commander's own is 1), 3 not equal. */
export const EXIT = { done: 0, failed: 1, wronglyAsked: 2, notEqual: 3 } as const

/** How far a piece of work is: a bar on a terminal, lines elsewhere, JSON when it is asked for. */
export function progressOn(terminal: Terminal, label: string, json: boolean): ProgressView {
  return createProgressView({
    label,
    unit: 'facts',
    mode: json ? 'json' : terminal.isTerminal ? 'bar' : 'lines',
    now: () => systemClock.now(),
    write: json ? (text) => terminal.say(text.trimEnd()) : terminal.writeProgress,
    columns: terminal.columns,
  })
}
