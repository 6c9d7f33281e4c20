import { Refusal } from '#events/refusal.ts'

/** A file of glFTPd's, with its path below glFTPd's folder. */
export interface SourceFile {
  readonly file: string
  readonly name: string
  readonly bytes: Buffer
}

/** Why nothing is imported. */
export interface ImportProblem {
  readonly file: string
  /** From 1; null: of the file as a whole. */
  readonly line: number | null
  readonly code: string
  readonly words: string
}

export interface SourceLine {
  /** From 1. */
  readonly number: number
  readonly text: string
}

const LINE_BYTES = 4_096

/** What has no place in a line of text: it could deceive who reads it on a terminal. */
const DECEIVING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** Problems in the order in which they were met; those beyond the limit are counted alone. */
export class ImportProblems {
  static readonly SHOWN = 100
  readonly shown: ImportProblem[] = []
  count = 0

  add(problem: ImportProblem): void {
    this.count++
    if (this.shown.length < ImportProblems.SHOWN) this.shown.push(problem)
  }

  /** Runs what may be refused; the refusal becomes a problem of that line. */
  attempt<T>({ file }: Pick<SourceFile, 'file'>, line: number | null, run: () => T): T | undefined {
    try {
      return run()
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      this.add({ file, line, code: cause.code, words: cause.message })
      return undefined
    }
  }
}

/**
 * The lines of a file that say something, as text: UTF-8, or else Latin-1 as old clients sent
 * it. Lines that cannot be read become problems and are left out.
 */
export function sourceLines(source: SourceFile, problems: ImportProblems): SourceLine[] {
  const lines: SourceLine[] = []
  let number = 0
  for (let start = 0; start < source.bytes.length;) {
    const found = source.bytes.indexOf(10, start)
    const end = found < 0 ? source.bytes.length : found
    const bytes = source.bytes.subarray(start, end)
    start = end + 1
    number++
    const text = problems.attempt(source, number, () => textOf(bytes))
    if (text !== undefined && text !== '' && !text.startsWith('#')) lines.push({ number, text })
  }
  return lines
}

function textOf(bytes: Buffer): string {
  if (bytes.length > LINE_BYTES) {
    throw new Refusal('line-too-long', `A line has at most ${LINE_BYTES} bytes.`)
  }
  const text = decoded(bytes).replace(/\r$/, '').trim()
  const [found] = DECEIVING.exec(text) ?? []
  if (found === undefined) return text
  const code = found.codePointAt(0)!.toString(16).padStart(4, '0')
  throw new Refusal('control-character', `It holds the character U+${code.toUpperCase()}.`)
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
