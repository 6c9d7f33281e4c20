import {
  DiscardPolicy,
  type JetStreamManager,
  nanos,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StoredMsg,
  type StreamConfig,
} from 'nats'

import { LOG_LIMITS } from '#events/event-log.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { positionIn, previousIn } from '#infra/nats/fact-message.ts'
import { FACT_PLACE, type FactPlace } from '#infra/nats/fact-subjects.ts'
import {
  JETSTREAM_ERRORS,
  jetStreamError,
  NatsTrouble,
  natsTrouble,
} from '#infra/nats/nats-trouble.ts'

export interface FactStreamOptions extends Partial<FactPlace> {
  /** Facts leave the stream (not the log) after so long. Default 7 days. */
  readonly maxAgeMs?: number
  /** And beyond so many bytes, the oldest first. Default 1 GiB. */
  readonly maxBytes?: number
  /** How many servers of a NATS cluster keep it. Default 1. */
  readonly replicas?: number
}

const WEEK_MS = 7 * 24 * 3_600_000
const GIB = 1024 ** 3
/** The server takes a message with the id of one of the last two minutes for that one. */
const DUPLICATE_WINDOW_MS = 2 * 60_000
/** What a message needs beside the fact. */
const ENVELOPE_BYTES = 8 * 1024

/** A message of the stream, as far as positions go. */
export interface StoredPlace {
  readonly sequence: number
  readonly position: number | undefined
  readonly previous: number | undefined
}

/** Makes the stream, or gives the one that is there these limits. */
export async function openFactStream(
  nats: Nats,
  options: FactStreamOptions = {},
): Promise<FactPlace> {
  const place = { ...FACT_PLACE, ...definedOf(options) }
  const needed = LOG_LIMITS.factBytes + ENVELOPE_BYTES
  const maxPayload = nats.maxPayload()
  if (maxPayload < needed) {
    const message = `the NATS server's max_payload is ${maxPayload}, a fact may need ${needed}`
    throw new NatsTrouble('nats-payload-too-large', message)
  }
  try {
    const manager = await managerOf(nats)
    const wanted = configOf(nats, place, options)
    if (await exists(manager, place.stream)) await manager.streams.update(place.stream, wanted)
    else await manager.streams.add(wanted)
  } catch (cause) {
    throw natsTrouble(`the stream ${place.stream} cannot be made`, cause)
  }
  return place
}

function definedOf({ stream, prefix }: FactStreamOptions): Partial<FactPlace> {
  return { ...(stream !== undefined && { stream }), ...(prefix !== undefined && { prefix }) }
}

function configOf(
  nats: Nats,
  { stream, prefix }: FactPlace,
  options: FactStreamOptions,
): Partial<StreamConfig> & { name: string } {
  return {
    name: stream,
    subjects: [`${prefix}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(options.maxAgeMs ?? WEEK_MS),
    max_bytes: options.maxBytes ?? GIB,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, options.maxAgeMs ?? WEEK_MS)),
    num_replicas: options.replicas ?? 1,
    allow_direct: true,
    ...(nats.isAtLeast('2.10.0') && { compression: StoreCompression.S2 }),
  }
}

async function exists(manager: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await manager.streams.info(stream)
    return true
  } catch (cause) {
    if (jetStreamError(cause) === JETSTREAM_ERRORS.streamNotFound) return false
    throw cause
  }
}

/** The number of the stream's last message, and what it carries as far as it is still there. */
export async function lastOf(nats: Nats, stream: string): Promise<StoredPlace> {
  const manager = await managerOf(nats)
  const { state } = await manager.streams.info(stream)
  const nothing = { sequence: state.last_seq, position: undefined, previous: undefined }
  if (state.messages === 0) return nothing
  return (await placeAt(manager, stream, state.last_seq)) ?? nothing
}

/**
 * The first message whose fact lies after a position, or undefined when there is none; by binary
 * search, because positions rise with the numbers of the messages.
 */
export async function firstAfter(
  nats: Nats,
  stream: string,
  position: number,
): Promise<StoredPlace | undefined> {
  const manager = await managerOf(nats)
  const { state } = await manager.streams.info(stream)
  if (state.messages === 0) return undefined
  let low = state.first_seq
  let high = state.last_seq + 1
  let found: StoredPlace | undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const place = await placeAt(manager, stream, middle)
    // What is not there has aged out since: it was before.
    if (place?.position === undefined || place.position <= position) {
      low = middle + 1
    } else {
      high = middle
      found = place
    }
  }
  return found
}

async function placeAt(
  manager: JetStreamManager,
  stream: string,
  sequence: number,
): Promise<StoredPlace | undefined> {
  let stored: StoredMsg
  try {
    stored = await manager.streams.getMessage(stream, { seq: sequence })
  } catch (cause) {
    if (jetStreamError(cause) === JETSTREAM_ERRORS.messageNotFound) return undefined
    throw cause
  }
  const { header } = stored
  return { sequence, position: positionIn(header), previous: previousIn(header) }
}

function managerOf(nats: Nats): Promise<JetStreamManager> {
  return nats.connection.jetstreamManager({ timeout: nats.requestTimeoutMs, checkAPI: false })
}
