import type { z } from 'zod'

import type { Fact, NewFact } from '#events/fact.ts'

/** Lifts data of one schema version to the next. */
export type Upcaster = (data: unknown) => unknown

/** One type of fact: the shape of its data now, and how older shapes are lifted to it. */
export interface FactDefinition<S extends z.ZodType = z.ZodType> {
  /** The current version of the shape, 1 and up. */
  readonly schema: number
  readonly data: S
  /** `upcasters[n]` lifts version n to n + 1; one for each version below `schema`. */
  readonly upcasters: Readonly<Record<number, Upcaster>>
}

export type FactDefinitions = Readonly<Record<string, FactDefinition>>

/** The union of the recorded facts that a set of definitions describes. */
export type FactOf<D extends FactDefinitions> = {
  [T in keyof D & string]: Fact<T, z.output<D[T]['data']>>
}[keyof D & string]

/** The union of what an actor may decide: type and data; id, time and origin are the host's. */
export type DecidedOf<D extends FactDefinitions> = {
  [T in keyof D & string]: { readonly type: T; readonly data: z.output<D[T]['data']> }
}[keyof D & string]

/** A fact as a decision states it, whatever its kind. */
export interface DecidedFact {
  readonly type: string
  readonly data: unknown
}

/** Declares one type of fact. Throws when an upcaster for an older version is missing. */
export function fact<S extends z.ZodType>(
  schema: number,
  data: S,
  upcasters: Readonly<Record<number, Upcaster>> = {},
): FactDefinition<S> {
  for (let version = 1; version < schema; version++) {
    if (!upcasters[version]) throw new Error(`no upcaster from schema ${version} of ${schema}`)
  }
  return { schema, data, upcasters }
}

/** A fact of a newer veza than this one: it cannot be read without loss, so it is refused. */
export class FactFromTheFuture extends Error {
  readonly code = 'fact-from-the-future'
  readonly type: string
  readonly schema: number

  constructor(type: string, schema: number) {
    super(`${type} has schema ${schema}, which this version does not know`)
    this.type = type
    this.schema = schema
  }
}

/** Lifts a fact read from the log to its current shape. Unknown types pass through unchanged. */
export function upcast<F extends NewFact>(definitions: FactDefinitions, recorded: F): F {
  const definition = definitions[recorded.type]
  if (!definition || recorded.meta.schema === definition.schema) return recorded
  if (recorded.meta.schema > definition.schema) {
    throw new FactFromTheFuture(recorded.type, recorded.meta.schema)
  }
  let data: unknown = recorded.data
  for (let version = recorded.meta.schema; version < definition.schema; version++) {
    data = definition.upcasters[version]!(data)
  }
  return { ...recorded, data, meta: { ...recorded.meta, schema: definition.schema } }
}
