import type { Fact, ForeignEvent } from '#events/fact.ts'

/** The form of a fact in the log's file: a JSON array, its position being the key. */
type Row = [
  stream: string,
  version: number,
  id: string,
  type: string,
  data: unknown,
  at: number,
  by: string | null,
  connection: string | null,
  commandId: string,
  correlationId: string,
  causationId: string | null,
  schema: number,
  /** Only where the fact has it. */
  foreign?: ForeignEvent,
]

/**
 * JSON, because V8 reads and writes small objects faster than msgpackr does (measured: 3.1 µs
 * against 4.4 µs to write, 4.5 against 4.8 to read, for a fact of 369 bytes).
 */
export function encodeFact(fact: Fact): string {
  const { meta } = fact
  const row: Row = [
    fact.stream,
    fact.version,
    fact.id,
    fact.type,
    fact.data,
    meta.at,
    meta.by,
    meta.connection,
    meta.commandId,
    meta.correlationId,
    meta.causationId,
    meta.schema,
  ]
  if (meta.foreign) row.push(meta.foreign)
  return JSON.stringify(row)
}

/** The fact as it was recorded. */
export function decodeFact(position: number, text: string): Fact {
  const row = JSON.parse(text) as Row
  return {
    id: row[2],
    type: row[3],
    data: row[4],
    stream: row[0],
    version: row[1],
    position,
    meta: {
      at: row[5],
      by: row[6],
      connection: row[7],
      commandId: row[8],
      correlationId: row[9],
      causationId: row[10],
      schema: row[11],
      ...(row[12] !== undefined && { foreign: row[12] }),
    },
  }
}
