import { type ChildProcess, spawn } from 'node:child_process'

import type { Clock } from '#events/clock.ts'

export interface ScriptRun {
  readonly path: string
  readonly words: readonly string[]
  /** All of its environment: nothing of this process's own is passed on. */
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly timeLimitMs: number
  /** Of what it writes so much is kept; the rest is dropped. */
  readonly outputBytes: number
  /** Kills it at once: nobody is there any more who could hear of it. */
  readonly signal: AbortSignal
}

export type ScriptEnd = ScriptHow & {
  readonly lines: readonly string[]
  /** What it has written as errors, or the beginning of it. */
  readonly complaints: string
}

type ScriptHow =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-started'; readonly cause: unknown }

/** Between being asked to end and being killed. */
const GRACE_MS = 500
/** What it has left running may hold its output open: nobody waits for that. */
const DRAIN_MS = 500
const COMPLAINT_BYTES = 2_000

/**
 * Runs a program in a process group of its own. Never rejects: at the time limit the whole group
 * is asked to end, then killed.
 */
export async function runScript(run: ScriptRun, clock: Clock): Promise<ScriptEnd> {
  const output = keep(run.outputBytes)
  const errors = keep(COMPLAINT_BYTES)
  let child: ChildProcess
  try {
    // It may have waited for its turn until the server stopped.
    run.signal.throwIfAborted()
    child = spawn(run.path, run.words.map(withoutNul), {
      cwd: run.folder,
      env: mapValues(run.environment, withoutNul),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (cause) {
    return { kind: 'not-started', cause, lines: [], complaints: '' }
  }
  child.stdout?.on('data', output.take)
  child.stderr?.on('data', errors.take)

  let isLate = false
  const cancels: (() => void)[] = []
  const later = (ms: number, act: () => void): void => void cancels.push(clock.after(ms, act))
  const kill = (): void => killGroup(child, 'SIGKILL')
  run.signal.addEventListener('abort', kill)

  const end = await new Promise<ScriptHow>((resolve) => {
    later(run.timeLimitMs, () => {
      isLate = true
      killGroup(child, 'SIGTERM')
      later(GRACE_MS, () => {
        kill()
        // Whoever runs as another user cannot be killed, and is not waited for.
        later(GRACE_MS, () => resolve({ kind: 'timed-out' }))
      })
    })
    child.once('error', (cause) => resolve({ kind: 'not-started', cause }))
    child.once('exit', (code, signal) => {
      for (const cancel of cancels.splice(0)) cancel()
      const onTime: ScriptHow =
        code === null ? { kind: 'killed', signal: signal ?? '' } : { kind: 'exited', code }
      const done = (): void => resolve(isLate ? { kind: 'timed-out' } : onTime)
      child.once('close', done)
      later(DRAIN_MS, done)
    })
  })
  for (const cancel of cancels) cancel()
  run.signal.removeEventListener('abort', kill)
  // The first of its group may have gone and left others, who do not hear of the time limit.
  if (isLate) kill()
  child.stdout?.destroy()
  child.stderr?.destroy()
  return { ...end, lines: linesOf(output), complaints: errors.text() }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (cause) {
    // They have ended by themselves, or run as another user.
    if (!['ESRCH', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause
  }
}

function keep(bytesMax: number) {
  const chunks: Buffer[] = []
  let bytes = 0
  return {
    take(chunk: Buffer): void {
      if (bytes < bytesMax) chunks.push(chunk.subarray(0, bytesMax - bytes))
      bytes += chunk.length
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
    isCut: () => bytes > bytesMax,
  }
}

function linesOf(output: ReturnType<typeof keep>): string[] {
  const lines = output.text().split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return output.isCut() ? [...lines, '(there was more)'] : lines
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}

function mapValues(
  values: Readonly<Record<string, string>>,
  map: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
}
