import { eventMetadataOf, factMetaOf } from '#events/eventstore-form.ts'
import type { Fact, FactMeta, ForeignEvent, NewFact } from '#events/fact.ts'
import { isUuid } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'

import { shared } from '#gateways/eventstoredb/protocol.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

/** An event as Read and the persistent subscriptions answer it: two messages of one form. */
export interface RecordedMessage {
  setId(value: shared.UUID): unknown
  setStreamIdentifier(value: shared.StreamIdentifier): unknown
  setStreamRevision(value: string): unknown
  setPreparePosition(value: string): unknown
  setCommitPosition(value: string): unknown
  getMetadataMap(): { set(key: string, value: string): unknown }
  setCustomMetadata(value: Uint8Array): unknown
  setData(value: Uint8Array): unknown
}

/** How a client wants ids: as text, or as two numbers of 64 bits. */
export type UuidForm = 'string' | 'structured'

const JSON_TYPE = 'application/json'
const OCTETS_TYPE = 'application/octet-stream'

/** Writes a record into a message. There is one position: commit and prepare are the same. */
export function encodeRecord<M extends RecordedMessage>(
  message: M,
  record: Fact,
  ids: UuidForm,
): M {
  const position = String(record.position)
  const { contentType, metadata, data } = contentOf(record)
  message.setId(encodeUuid(record.id, ids))
  message.setStreamIdentifier(encodeStream(record.stream))
  message.setStreamRevision(String(record.version))
  message.setPreparePosition(position)
  message.setCommitPosition(position)
  const map = message.getMetadataMap()
  map.set('type', record.type)
  map.set('content-type', contentType)
  // In units of 100 ns since 1970.
  map.set('created', `${Math.trunc(record.meta.at)}0000`)
  message.setCustomMetadata(metadata)
  message.setData(data)
  return message
}

function contentOf({ data, meta }: Fact) {
  const { foreign } = meta
  if (!foreign) {
    return { contentType: JSON_TYPE, metadata: json(eventMetadataOf(meta)), data: json(data) }
  }
  const { contentType } = foreign
  return {
    contentType,
    metadata: Buffer.from(foreign.metadata, 'base64'),
    data: contentType === OCTETS_TYPE ? Buffer.from(String(data), 'base64') : json(data),
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value ?? null))
}

/** An event that a client proposes, as Append and BatchAppend bring it. */
export interface ProposedMessage {
  getId(): shared.UUID | undefined
  getMetadataMap(): { get(key: string): string | undefined }
  getCustomMetadata_asU8(): Uint8Array
  getData_asU8(): Uint8Array
}

export interface ProposedBy {
  readonly by: string
  readonly at: number
}

/** About what an event takes, for the limit on appends. */
export function sizeOf(proposed: ProposedMessage): number {
  const type = proposed.getMetadataMap().get('type') ?? ''
  return type.length + proposed.getData_asU8().length + proposed.getCustomMetadata_asU8().length
}

/**
 * A proposed event as a fact. Metadata of veza's own form becomes the fact's own; any other is
 * kept as it is, beside what can be known of the event. Throws a `Refusal`.
 */
export function decodeProposed(proposed: ProposedMessage, { by, at }: ProposedBy): NewFact {
  const id = decodeUuid(proposed.getId())
  const map = proposed.getMetadataMap()
  const type = map.get('type') ?? ''
  const contentType = map.get('content-type') ?? OCTETS_TYPE
  if (type === '') throw invalid('An event has a type.')
  if (contentType !== JSON_TYPE && contentType !== OCTETS_TYPE) {
    throw invalid(`${contentType} is no content type of events.`)
  }
  const bytes = Buffer.from(proposed.getCustomMetadata_asU8())
  const metadata = parseJson(bytes)
  const body = Buffer.from(proposed.getData_asU8())
  if (contentType === OCTETS_TYPE) {
    const meta = foreignMeta(id, metadata, bytes, contentType, { by, at })
    return { id, type, data: body.toString('base64'), meta }
  }
  const data = parseJson(body)
  if (data === undefined) throw invalid(`The data of ${type} is not JSON, as it says to be.`)
  const meta = factMetaOf(metadata) ?? foreignMeta(id, metadata, bytes, contentType, { by, at })
  return { id, type, data, meta }
}

function foreignMeta(
  id: string,
  metadata: unknown,
  bytes: Buffer,
  contentType: ForeignEvent['contentType'],
  { by, at }: ProposedBy,
): FactMeta {
  const given: { readonly $correlationId?: unknown; readonly $causationId?: unknown } =
    typeof metadata === 'object' && metadata !== null ? metadata : {}
  const { $correlationId: correlation, $causationId: causation } = given
  return {
    at,
    by,
    connection: null,
    commandId: id,
    correlationId: typeof correlation === 'string' ? correlation : id,
    causationId: typeof causation === 'string' ? causation : null,
    schema: 1,
    foreign: { contentType, metadata: bytes.toString('base64') },
  }
}

/** The value, or undefined when it is not JSON. */
function parseJson(bytes: Buffer): unknown {
  // Nothing is common, and an exception is dear.
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

export function encodeStream(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream))
}

export function decodeStream(identifier: shared.StreamIdentifier | undefined): string {
  const stream = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8')
  if (stream === '') throw invalid('A stream has a name.')
  return stream
}

export function encodeUuid(id: string, form: UuidForm): shared.UUID {
  if (form === 'string') return new shared.UUID().setString(id)
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  return new shared.UUID().setStructured(
    new shared.UUID.Structured()
      .setMostSignificantBits(String(bytes.readBigInt64BE(0)))
      .setLeastSignificantBits(String(bytes.readBigInt64BE(8))),
  )
}

export function decodeUuid(uuid: shared.UUID | undefined): string {
  const id = uuid?.hasStructured() ? structuredId(uuid.getStructured()!) : uuid?.getString()
  const lower = id?.toLowerCase() ?? ''
  if (!isUuid(lower)) throw invalid('An id is a UUID.')
  return lower
}

function structuredId(structured: shared.UUID.Structured): string {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64BE(BigInt(structured.getMostSignificantBits()), 0)
  bytes.writeBigInt64BE(BigInt(structured.getLeastSignificantBits()), 8)
  const hex = bytes.toString('hex')
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-')
}

/** A number of 64 bits that came as text; one beyond what can be counted is clamped. */
export function decodeCount(text: string): number {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

export function invalid(message: string): Refusal {
  return new Refusal(DOOR_REFUSALS.invalidArgument, message)
}
