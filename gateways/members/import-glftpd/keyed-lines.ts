import { Refusal } from '#events/refusal.ts'

import { quoted } from '#gateways/members/import-glftpd/fields.ts'
import {
  type ImportProblems,
  type SourceFile,
  sourceLines,
} from '#gateways/members/import-glftpd/source-lines.ts'

/** The lines that a file may have, by the word that each begins with. */
export interface KeyedLines<T> {
  readonly read: Readonly<Record<string, (rest: string, target: T, line: number) => void>>
  /** Those that may stand there more than once. */
  readonly repeated?: ReadonlySet<string>
  /** Those that have to stand there. */
  readonly needed?: readonly string[]
}

/** Reads each line into the target; what cannot be taken becomes a problem of that line. */
export function readKeyedLines<T>(
  source: SourceFile,
  { read, repeated, needed = [] }: KeyedLines<T>,
  target: T,
  problems: ImportProblems,
): void {
  const seen = new Set<string>()
  for (const { number, text } of sourceLines(source, problems)) {
    problems.attempt(source, number, () => {
      const space = text.indexOf(' ')
      const keyword = space < 0 ? text : text.slice(0, space)
      const readLine = Object.hasOwn(read, keyword) ? read[keyword] : undefined
      if (!readLine)
        throw new Refusal('line-unknown', `No line here begins with ${quoted(keyword)}.`)
      if (seen.has(keyword) && !repeated?.has(keyword)) {
        throw new Refusal('line-repeated', `There is a line ${keyword} already.`)
      }
      seen.add(keyword)
      readLine(text.slice(keyword.length).trim(), target, number)
    })
  }
  for (const keyword of needed.filter((each) => !seen.has(each))) {
    problems.attempt(source, null, () => {
      throw new Refusal('line-missing', `There is no line ${keyword}.`)
    })
  }
}
