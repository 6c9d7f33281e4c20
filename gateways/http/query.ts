import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { HTTP_REFUSALS } from '#gateways/http/problem.ts'

/** Of lists: how many, and from where. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(500).optional(),
}

/** `{ items, next_cursor, position }`: a page of a list that has many. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    items: z.array(item),
    /** Null: that was the last page. */
    next_cursor: z.string().nullable(),
    position: z.number().int().describe('position of the log that the list has reached'),
  })
}

/** A fact as `renderFact` has it. */
export const recordedFact = z
  .object({
    position: z.number().int(),
    at: z.iso.datetime(),
    stream: z.string().meta({ example: 'race-01936c5e-8f2a-7c31-b6ad-3f1c0a9e5d27' }),
    version: z.number().int(),
    type: z.string().meta({ example: 'race.created' }),
    by: z.string().nullable(),
    connection: z.string().nullable(),
    correlation_id: z.string(),
    causation_id: z.string().nullable(),
    command_id: z.string(),
    id: z.string(),
    schema: z.number().int(),
    data: z.unknown(),
  })
  .meta({ id: 'Fact' })

/** The query as a schema has it. Throws a `Refusal` that names each wrong parameter. */
export function readQuery<S extends z.ZodType>(schema: S, query: URLSearchParams): z.output<S> {
  const parsed = schema.safeParse(Object.fromEntries(query))
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({
    parameter: path.join('.'),
    detail: message,
  }))
  throw new Refusal(HTTP_REFUSALS.invalidQuery, 'The query is not valid.', { errors })
}

/** Leaves out what is undefined: an optional field is absent, not empty. */
export function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as never
}
