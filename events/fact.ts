/** Which actor: its kind and its id within that kind. */
export interface ActorRef {
  readonly kind: string
  readonly id: string
}

/** Where a fact came from and which version of its data's shape it carries. */
export interface FactMeta {
  /** Milliseconds since 1970, from the injected clock. */
  readonly at: number
  /** The member who caused it, or null for the server itself. */
  readonly by: string | null
  /** The connection it came in on, or null. */
  readonly connection: string | null
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string | null
  /** Version of the shape of `data`, 1 and up. */
  readonly schema: number
  /** Only of what another program wrote through the EventStoreDB door. */
  readonly foreign?: ForeignEvent
}

/** What of another program's event a fact has no place for, so that it is given back unchanged. */
export interface ForeignEvent {
  readonly contentType: 'application/json' | 'application/octet-stream'
  /** The event's metadata in base64. When the content is octets, `data` is base64 too. */
  readonly metadata: string
}

/** A decided fact, not yet in the log. */
export interface NewFact<T extends string = string, D = unknown> {
  /** A UUID. Appending the same id twice to a stream has one effect. */
  readonly id: string
  readonly type: T
  readonly data: D
  readonly meta: FactMeta
}

/** A recorded fact. */
export interface Fact<T extends string = string, D = unknown> extends NewFact<T, D> {
  /** `<kind>-<id>`; the part before the first dash is the category. */
  readonly stream: string
  /** 0 for a stream's first fact, without gaps. */
  readonly version: number
  /** Strictly increasing over the whole log; gaps are allowed. The first is above 0. */
  readonly position: number
}

/** The position before the first fact. */
export const LOG_START = 0

/** The version of a stream that has no facts. */
export const NO_VERSION = -1

export function streamOf(ref: ActorRef): string {
  return `${ref.kind}-${ref.id}`
}

/** Splits a stream's name at its first dash; undefined when it is no actor's stream. */
export function refOf(stream: string): ActorRef | undefined {
  const dash = stream.indexOf('-')
  if (dash <= 0 || dash === stream.length - 1) return undefined
  return { kind: stream.slice(0, dash), id: stream.slice(dash + 1) }
}

/** The category of a stream: `race` for `race-5f`. A name without a dash is its own category. */
export function kindOf(stream: string): string {
  const dash = stream.indexOf('-')
  return dash < 0 ? stream : stream.slice(0, dash)
}

/** Whether a stream belongs to the log itself: its metadata and the like. */
export function isSystemStream(stream: string): boolean {
  return stream.startsWith('$')
}

/** Where a stream's metadata is recorded. */
export function metadataStreamOf(stream: string): string {
  return `$$${stream}`
}

/** The type of the record that holds a stream's metadata, in EventStoreDB's own form. */
export const METADATA_TYPE = '$metadata'

/** The type of the record, also in the metadata's stream, that ends a stream for ever. */
export const TOMBSTONE_TYPE = '$streamDeleted'
