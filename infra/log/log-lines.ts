import { createHash, type Hash } from 'node:crypto'

import { z } from 'zod'

import { LOG_LIMITS } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

/**
 * An exported log: lines of JSON (NDJSON). The first is the header, the last the footer with a
 * SHA-256 of every byte before it; those between are records in the order of the log.
 */
const headerSchema = z.strictObject({
  veza: z.literal('log'),
  format: z.literal(1),
  /** The log's id in its chain of hashes; null for one that has none. */
  log: z.string().nullable(),
  /** Positions, both included, and kinds that were asked for. */
  from: z.int().min(1),
  to: z.int().min(0),
  kinds: z.array(z.string()).nullable(),
})

const footerSchema = z.strictObject({
  veza: z.literal('end'),
  records: z.int().min(0),
  /** The chain's hash at the position `to`; null for a log that has none. */
  hash: z.string().nullable(),
  sha256: z.string().length(64),
})

const metaSchema = z.strictObject({
  at: z.number(),
  by: z.string().nullable(),
  connection: z.string().nullable(),
  commandId: z.string(),
  correlationId: z.string(),
  causationId: z.string().nullable(),
  schema: z.int().min(1),
  foreign: z
    .strictObject({
      contentType: z.enum(['application/json', 'application/octet-stream']),
      metadata: z.base64(),
    })
    .optional(),
})

const recordSchema = z.strictObject({
  position: z.int().min(1),
  stream: z.string().min(1),
  version: z.int().min(0),
  id: z.string(),
  type: z.string().min(1),
  data: z.unknown(),
  meta: metaSchema,
})

export type LogHeader = z.output<typeof headerSchema>
export type LogFooter = z.output<typeof footerSchema>

/** A line holds one record; names and ids around its data are small. */
export const LINE_BYTES = 2 * LOG_LIMITS.factBytes

/** A line that is not what it should be. */
export class BadLine extends Error {
  readonly code = 'bad-line'
  /** Counted from 1. */
  readonly line: number

  constructor(line: number, what: string, cause?: unknown) {
    super(`line ${line}: ${what}`, { cause })
    this.line = line
  }
}

export function headerLine(header: LogHeader): string {
  return `${JSON.stringify(header)}\n`
}

export function recordLine({ position, stream, version, id, type, data, meta }: Fact): string {
  return `${JSON.stringify({ position, stream, version, id, type, data, meta })}\n`
}

export function footerLine(footer: LogFooter): string {
  return `${JSON.stringify(footer)}\n`
}

/** What a reader of the lines is given: the header first, the footer last. */
export type LogLine =
  | { readonly kind: 'header'; readonly header: LogHeader }
  | { readonly kind: 'record'; readonly record: Fact; readonly line: number }
  | { readonly kind: 'footer'; readonly footer: LogFooter }

/** Reads the lines of an exported log. Throws `BadLine`, for one that was cut off too. */
export async function* readLogLines(lines: AsyncIterable<string>): AsyncGenerator<LogLine> {
  const sum = createHash('sha256')
  let line = 0
  let records = 0
  let isEnded = false
  for await (const text of lines) {
    line++
    if (isEnded) throw new BadLine(line, 'there is something after the end')
    const value = parse(line, text)
    if (line === 1) yield { kind: 'header', header: checked(line, headerSchema, value) }
    else if ((value as { veza?: unknown }).veza === 'end') {
      const footer = checked(line, footerSchema, value)
      assertWhole(line, footer, records, sum)
      isEnded = true
      yield { kind: 'footer', footer }
    } else {
      records++
      yield { kind: 'record', line, record: checked(line, recordSchema, value) as Fact }
    }
    if (!isEnded) sum.update(text).update('\n')
  }
  if (!isEnded) throw new BadLine(line + 1, 'the end is missing: the export was cut off')
}

function assertWhole(line: number, footer: LogFooter, records: number, sum: Hash): void {
  if (footer.records !== records) {
    throw new BadLine(line, `${footer.records} records were exported, ${records} are here`)
  }
  if (footer.sha256 !== sum.digest('hex')) throw new BadLine(line, 'the lines before were changed')
}

function parse(line: number, text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw new BadLine(line, 'it is not JSON', cause)
  }
  throw new BadLine(line, 'it is not an object')
}

function checked<S extends z.ZodType>(line: number, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new BadLine(line, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is wrong'}`)
}
