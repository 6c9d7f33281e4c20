import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { HTTP_REFUSALS } from '#gateways/http/problem.ts'

/** Of lists: how many, and from where. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(500).optional(),
}

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
