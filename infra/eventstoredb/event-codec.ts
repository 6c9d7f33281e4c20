import { AppendRefused, DELETED, LOG_LIMITS, LogUnavailable } from '#events/event-log.ts'
import { eventMetadataOf, factMetaOf } from '#events/eventstore-form.ts'
import {
  type Fact,
  type FactMeta,
  type ForeignEvent,
  METADATA_TYPE,
  metadataStreamOf,
  type NewFact,
  TOMBSTONE_TYPE,
} from '#events/fact.ts'

import type { RecordedEvent } from '#infra/eventstoredb/protocol.ts'

/** A fact as the octets of an event. */
export interface EventOctets {
  readonly id: string
  readonly type: string
  readonly contentType: ForeignEvent['contentType']
  readonly data: Uint8Array
  readonly metadata: Uint8Array
}

/** EventStoreDB's own `$tb` of a deleted stream: the greatest of its version numbers. */
const DELETED_JSON = '9223372036854775807'
const TICKS_PER_MS = 10_000n

/** A fact as an event; another program's as what it was. Throws `AppendRefused` when too large. */
export function eventOf(fact: NewFact): EventOctets {
  const { id, type, data, meta } = fact
  const { foreign } = meta
  const contentType = foreign?.contentType ?? 'application/json'
  const event: EventOctets = {
    id,
    type,
    contentType,
    data:
      contentType === 'application/json'
        ? Buffer.from(type === METADATA_TYPE ? metadataJson(data) : jsonOf(data))
        : Buffer.from(String(data), 'base64'),
    metadata: foreign
      ? Buffer.from(foreign.metadata, 'base64')
      : Buffer.from(jsonOf(eventMetadataOf(meta))),
  }
  if (event.data.byteLength + event.metadata.byteLength > LOG_LIMITS.factBytes) {
    throw new AppendRefused(`${type} is larger than ${LOG_LIMITS.factBytes} bytes`)
  }
  return event
}

function jsonOf(data: unknown): string {
  return JSON.stringify(data ?? null)
}

/** A deleted stream is one whose `$tb` is that very number, which JavaScript cannot hold. */
function metadataJson(data: unknown): string {
  const before = (data as { readonly $tb?: unknown } | null)?.$tb
  if (typeof before !== 'number' || before < DELETED) return jsonOf(data)
  const rest = jsonOf({ ...(data as object), $tb: undefined }).slice(1)
  return `{"$tb":${DELETED_JSON}${rest === '}' ? '' : ','}${rest}`
}

/**
 * A recorded event as a fact, as it was recorded. An event whose metadata is not of a fact's form
 * is another program's: it becomes a fact with `foreign`, at the time when the server took it.
 * A stream's end, which EventStoreDB keeps in the stream itself, is shown where the port has it.
 */
export function factOf(event: RecordedEvent): Fact {
  const id = event.getId()!.getString()
  const type = event.getMetadataMap().get('type') ?? ''
  const name = Buffer.from(event.getStreamIdentifier()!.getStreamName_asU8()).toString()
  const position = positionOf(event.getCommitPosition())
  const revision = BigInt(event.getStreamRevision())
  const isEnd = type === TOMBSTONE_TYPE && revision > BigInt(DELETED)
  const { data, meta } = contentOf(id, type, event)
  return {
    id,
    type,
    data,
    stream: isEnd ? metadataStreamOf(name) : name,
    version: isEnd ? DELETED : Number(revision),
    position,
    meta,
  }
}

function contentOf(
  id: string,
  type: string,
  event: RecordedEvent,
): { data: unknown; meta: FactMeta } {
  const attributes = event.getMetadataMap()
  const octets = Buffer.from(event.getData_asU8())
  const metadataOctets = Buffer.from(event.getCustomMetadata_asU8())
  const metadata = parsed(metadataOctets)
  const json = attributes.get('content-type') === 'application/json' ? parsed(octets) : undefined
  const data = type === METADATA_TYPE && json ? withDeletion(json.value) : json?.value
  const meta = json && metadata && factMetaOf(metadata.value)
  if (json && meta) return { data, meta }
  const foreign: ForeignEvent = {
    contentType: json ? 'application/json' : 'application/octet-stream',
    metadata: metadataOctets.toString('base64'),
  }
  const at = Number(BigInt(attributes.get('created') ?? '0') / TICKS_PER_MS)
  return {
    data: json ? data : octets.toString('base64'),
    meta: foreignMeta(id, at, metadata?.value, foreign),
  }
}

/** The ids of correlation and causation as EventStoreDB's own tools keep them, where they are. */
function foreignMeta(id: string, at: number, metadata: unknown, foreign: ForeignEvent): FactMeta {
  const given = (metadata ?? {}) as Readonly<Record<string, unknown>>
  const { $correlationId: correlation, $causationId: causation } = given
  return {
    at,
    by: null,
    connection: null,
    commandId: id,
    correlationId: typeof correlation === 'string' ? correlation : id,
    causationId: typeof causation === 'string' ? causation : null,
    schema: 1,
    foreign,
  }
}

function withDeletion(data: unknown): unknown {
  const before = (data as { readonly $tb?: unknown } | null)?.$tb
  if (typeof before !== 'number' || before <= DELETED) return data
  return { ...(data as object), $tb: DELETED }
}

/** Wrapped, so that a `null` is told from what is no JSON. */
function parsed(octets: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(octets.toString()) }
  } catch {
    return undefined
  }
}

/** A commit position as a number. EventStoreDB counts octets: 8 PiB of log fit. */
export function positionOf(text: string): number {
  const position = Number(text)
  if (Number.isSafeInteger(position)) return position
  if (BigInt(text) === 0xffff_ffff_ffff_ffffn) {
    throw new LogUnavailable('this EventStoreDB tells no positions: 22.6 or newer is needed')
  }
  throw new LogUnavailable(`the position ${text} is beyond what can be counted exactly`)
}
