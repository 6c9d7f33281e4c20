import type { EventLog } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

export interface AuditOptions {
  readonly asJson: boolean
  /** Versions to show at most, the newest of the history when it is longer. */
  readonly limit?: number
}

/** The history of one stream, a line a fact. Nothing for a stream that has none. */
export async function* auditLines(
  log: EventLog,
  stream: string,
  { asJson, limit }: AuditOptions,
): AsyncGenerator<string> {
  const last = await log.streamVersion(stream)
  const from = limit === undefined ? 0 : Math.max(0, last + 1 - limit)
  for await (const fact of log.readStream(stream, { from })) {
    yield asJson ? JSON.stringify(fact) : lineOf(fact)
  }
}

function lineOf({ version, position, type, data, meta }: Fact): string {
  const when = new Date(meta.at).toISOString()
  const who = meta.by ?? '-'
  return [
    String(version).padStart(5),
    String(position).padStart(9),
    when,
    who.padEnd(12),
    type.padEnd(24),
    JSON.stringify(data),
  ].join('  ')
}

/** The names of the columns above the lines. */
export const AUDIT_HEADER = [
  '    #',
  ' position',
  'when'.padEnd(24),
  'who'.padEnd(12),
  'fact'.padEnd(24),
  'data',
].join('  ')
