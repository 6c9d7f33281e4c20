import type { StreamMetadata } from '#events/event-log.ts'
import type { FactMeta } from '#events/fact.ts'

/**
 * A fact's `meta` as the metadata of an EventStoreDB event: the ids of correlation and causation
 * stand under the names that EventStoreDB's own projections and tools look for.
 */
export function eventMetadataOf(meta: FactMeta): Record<string, unknown> {
  return {
    at: meta.at,
    by: meta.by,
    connection: meta.connection,
    commandId: meta.commandId,
    $correlationId: meta.correlationId,
    $causationId: meta.causationId,
    schema: meta.schema,
  }
}

const KEYS = 7

/** The `meta` in an event's metadata, or undefined when it is not of that very form. */
export function factMetaOf(metadata: unknown): FactMeta | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined
  if (Object.keys(metadata).length !== KEYS) return undefined
  const given = metadata as Record<string, unknown>
  const { at, by, connection, commandId, schema } = given
  const { $correlationId: correlationId, $causationId: causationId } = given
  if (typeof at !== 'number' || typeof commandId !== 'string') return undefined
  if (typeof correlationId !== 'string' || !isTextOrNull(causationId)) return undefined
  if (!isTextOrNull(by) || !isTextOrNull(connection)) return undefined
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1) return undefined
  return { at, by, connection, commandId, correlationId, causationId, schema }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

/** A stream's metadata as the data of a `$metadata` event: ages there are whole seconds. */
export function metadataDataOf(metadata: StreamMetadata): Record<string, unknown> {
  const { maxAgeMs, maxCount, truncateBefore, custom } = metadata
  return {
    ...custom,
    ...(maxAgeMs !== undefined && { $maxAge: Math.ceil(maxAgeMs / 1_000) }),
    ...(maxCount !== undefined && { $maxCount: maxCount }),
    ...(truncateBefore !== undefined && { $tb: truncateBefore }),
  }
}

/** The reverse; a number that is no count is left in `custom`. */
export function metadataOfData(data: unknown): StreamMetadata {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return {}
  const { $maxAge, $maxCount, $tb, ...rest } = data as Record<string, unknown>
  const custom = { ...rest }
  const count = (name: string, value: unknown): number | undefined => {
    if (value === undefined) return undefined
    if (typeof value === 'number' && value >= 0) return Math.min(value, Number.MAX_SAFE_INTEGER)
    custom[name] = value
    return undefined
  }
  const seconds = count('$maxAge', $maxAge)
  const most = count('$maxCount', $maxCount)
  const before = count('$tb', $tb)
  return {
    ...(seconds !== undefined && { maxAgeMs: seconds * 1_000 }),
    ...(most !== undefined && { maxCount: most }),
    ...(before !== undefined && { truncateBefore: before }),
    ...(Object.keys(custom).length > 0 && { custom }),
  }
}
