import { createHash } from 'node:crypto'

import type { EventLog } from '#events/event-log.ts'

import { footerLine, headerLine, recordLine } from '#infra/log/log-lines.ts'

export interface ExportOptions {
  /** First and last position, both included. Default: all. */
  readonly from?: number
  readonly to?: number
  readonly kinds?: readonly string[]
  /** Which streams. Default: all. */
  readonly isWanted?: (stream: string) => boolean
  /** The log's id and its chain, where it has one. */
  readonly logId?: string
  readonly hashAt?: (position: number) => string
  readonly progress?: (done: number, total: number) => void
}

/**
 * The records of a log as lines, made as they are asked for, so that whoever takes them slowly
 * is waited for. What is appended meanwhile is not among them.
 */
export async function* exportLines(log: EventLog, options: ExportOptions): AsyncGenerator<string> {
  const { from = 1, kinds, isWanted = () => true, logId, hashAt, progress } = options
  const head = await log.head()
  const to = Math.min(options.to ?? head, head)
  const sum = createHash('sha256')
  let records = 0
  const take = (line: string) => {
    sum.update(line)
    return line
  }
  yield take(
    headerLine({ veza: 'log', format: 1, log: logId ?? null, from, to, kinds: listOf(kinds) }),
  )
  // The limit keeps from reading further than is asked for, where the log may be damaged.
  const range = { after: from - 1, limit: Math.max(0, to - from + 1) }
  const read = log.readAll({ ...range, as: 'records', ...(kinds && { kinds }) })
  for await (const record of read) {
    if (record.position > to) break
    if (!isWanted(record.stream)) continue
    records++
    yield take(recordLine(record))
    progress?.(record.position - from + 1, to - from + 1)
  }
  yield footerLine({
    veza: 'end',
    records,
    hash: hashAt?.(to) ?? null,
    sha256: sum.digest('hex'),
  })
}

function listOf(kinds: readonly string[] | undefined): string[] | null {
  return kinds ? [...kinds] : null
}
