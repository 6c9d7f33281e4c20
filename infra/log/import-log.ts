import { type EventLog, StreamEnded, VersionConflict } from '#events/event-log.ts'
import { type Fact, type NewFact, NO_VERSION, TOMBSTONE_TYPE } from '#events/fact.ts'

import { assertAppendable } from '#infra/log/append-rules.ts'
import { BadLine, type LogHeader, type LogLine, readLogLines } from '#infra/log/log-lines.ts'
import { subjectOf } from '#infra/log/stream-state.ts'
import { textLines } from '#infra/log/text-lines.ts'

export interface ImportOptions {
  /** Whether a tombstone can be appended as a record, with its id; EventStoreDB makes its own. */
  readonly takesTombstones: boolean
  /** Appends on the way at a time; more than one only for a log that keeps their order. */
  readonly inFlight: number
  readonly progress?: (done: number, total: number) => void
}

export interface ImportOutcome {
  /** Records in the export, recorded before or now. */
  readonly records: number
  readonly header: LogHeader
}

/** Facts of one stream that are appended together. */
const RUN_LENGTH = 512

/**
 * Reads an exported log twice: once to see that every line is whole and fits the log, so that a
 * bad file changes nothing; then to append what is missing. Records keep their ids, versions and
 * order; those that are there already are left as they are, so that it can be repeated. Throws
 * `BadLine`.
 */
export async function importLog(
  log: EventLog,
  path: string,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const check = new ImportCheck(log, options.takesTombstones)
  for await (const each of readLogLines(textLines(path))) await check.take(each)
  const { header, records } = check
  let done = 0
  const waiting: Promise<void>[] = []
  for await (const run of runsOf(readLogLines(textLines(path)))) {
    waiting.push(appendRun(log, run, options.takesTombstones))
    if (waiting.length >= options.inFlight) await Promise.all(waiting.splice(0))
    done += run.records.length
    options.progress?.(done, records)
  }
  await Promise.all(waiting)
  return { header, records }
}

/** Whether every line fits the log, before any of them is appended. */
class ImportCheck {
  readonly #log: EventLog
  readonly #takesTombstones: boolean
  /** stream -> the version that must come next */
  readonly #next = new Map<string, number>()
  #header: LogHeader | undefined
  records = 0

  constructor(log: EventLog, takesTombstones: boolean) {
    this.#log = log
    this.#takesTombstones = takesTombstones
  }

  get header(): LogHeader {
    return this.#header!
  }

  /** Throws `BadLine`. */
  async take(each: LogLine): Promise<void> {
    if (each.kind === 'header') this.#header = each.header
    if (each.kind !== 'record') return
    const { record, line } = each
    const { stream, version } = record
    this.records++
    assertTaken(record, line)
    const last = await this.#log.streamVersion(stream)
    const wanted = this.#next.get(stream) ?? Math.min(version, last + 1)
    if (version !== wanted) {
      const why = this.#next.has(stream) ? '' : '; has what came before been compacted away?'
      throw new BadLine(line, `${stream}@${version} cannot follow version ${wanted - 1}${why}`)
    }
    this.#next.set(stream, version + 1)
    if (version <= last) await this.#assertSame(record, line)
  }

  async #assertSame({ id, stream, version, type }: Fact, line: number): Promise<void> {
    if (type === TOMBSTONE_TYPE && !this.#takesTombstones) return
    const options = { from: version, limit: 1, as: 'records' } as const
    for await (const there of this.#log.readStream(stream, options)) {
      if (there.version === version && there.id !== id) {
        throw new BadLine(line, `${stream}@${version} is ${there.id} here: another history`)
      }
    }
  }
}

function assertTaken(record: Fact, line: number): void {
  try {
    assertAppendable(record.stream, [record])
  } catch (cause) {
    throw new BadLine(line, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

interface ImportRun {
  readonly line: number
  readonly records: Fact[]
}

/** Records that follow each other in the log and in their stream. */
async function* runsOf(lines: AsyncIterable<LogLine>): AsyncGenerator<ImportRun> {
  let run: ImportRun | undefined
  for await (const each of lines) {
    if (each.kind !== 'record') continue
    const last = run?.records.at(-1)
    const goesOn =
      run &&
      last &&
      run.records.length < RUN_LENGTH &&
      last.stream === each.record.stream &&
      last.version + 1 === each.record.version &&
      subjectOf(last.stream) === undefined
    if (goesOn) run!.records.push(each.record)
    else {
      if (run) yield run
      run = { line: each.line, records: [each.record] }
    }
  }
  if (run) yield run
}

async function appendRun(
  log: EventLog,
  { line, records }: ImportRun,
  takesTombstones: boolean,
): Promise<void> {
  const [first] = records as [Fact]
  const subject = subjectOf(first.stream)
  try {
    if (!takesTombstones && subject !== undefined && first.type === TOMBSTONE_TYPE) {
      await log.tombstone(subject, 'any')
    } else await appendMissing(log, first, records)
  } catch (cause) {
    // A stream that is ended here took what it has before that: it is there already.
    if (cause instanceof StreamEnded) return
    if (cause instanceof VersionConflict) throw new BadLine(line, cause.message, cause)
    throw cause
  }
}

/** An import that was cut off may have left the first records of what is now one run. */
async function appendMissing(log: EventLog, first: Fact, records: readonly Fact[]): Promise<void> {
  const last = await log.streamVersion(first.stream)
  const there = Math.max(0, Math.min(records.length, last + 1 - first.version))
  if (there === records.length) return
  const missing = records.slice(there)
  const before = missing[0]!.version - 1
  await log.append(
    first.stream,
    missing.map(({ id, type, data, meta }): NewFact => ({ id, type, data, meta })),
    before === NO_VERSION ? 'no-stream' : before,
  )
}
