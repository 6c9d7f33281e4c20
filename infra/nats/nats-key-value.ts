import { headers, type JetStreamClient, type KV, type Msg, type MsgHdrs, StorageType } from 'nats'

import {
  assertStorable,
  type KeyValue,
  type KeyValueChange,
  KeyValueConflict,
  type KeyValueEntry,
  KeyValueUnavailable,
} from '#events/key-value.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { JETSTREAM_ERRORS, jetStreamError } from '#infra/nats/nats-trouble.ts'
import { sweepRemoved } from '#infra/nats/sweep-removed.ts'
import { StreamReader } from '#infra/nats/stream-reader.ts'

export interface BucketOptions {
  /** Letters, digits, `-` and `_`. */
  readonly bucket: string
  /** Values kept of each key; the newest is what counts. Default 1. */
  readonly history?: number
  /** Keys not written for so long vanish. Nobody who watches is told of that. Default: none do. */
  readonly ttlMs?: number
  /** `memory` is faster and ends with the server. Default `file`. */
  readonly storage?: 'file' | 'memory'
  /** How many servers of a NATS cluster keep it. Default 1. */
  readonly replicas?: number
  /** All keys and values together. Default 64 MiB. */
  readonly maxBytes?: number
}

/** Where NATS's own clients note that a key was removed (ADR-8). */
const OPERATION = 'KV-Operation'
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence'
const MAX_BYTES = 64 * 1024 * 1024
const MAX_VALUE_BYTES = 66 * 1024
/** Marks of removed keys are kept so long, for watchers that were away. */
const MARKS_MS = 3_600_000

/**
 * A key-value bucket of JetStream, made if it is not there. A revision is a number in the
 * bucket's stream.
 *
 * The server is asked for each read, and the watch goes on where it was after a reconnect.
 */
export async function createNatsKeyValue(nats: Nats, options: BucketOptions): Promise<KeyValue> {
  const { bucket } = options
  try {
    const open = () => openBucket(nats, options)
    const kv = await open()
    const isMark = (message: Msg) => valueOf(message) === undefined
    await sweepRemoved(nats, `KV_${bucket}`, `$KV.${bucket}.>`, isMark, MARKS_MS)
    return new NatsKeyValue(nats, kv, bucket, open)
  } catch (cause) {
    throw new KeyValueUnavailable(`the bucket ${bucket} cannot be opened`, cause)
  }
}

async function openBucket(nats: Nats, options: BucketOptions): Promise<KV> {
  return await nats.connection
    .jetstream({ timeout: nats.requestTimeoutMs })
    .views.kv(options.bucket, {
      history: options.history ?? 1,
      storage: options.storage === 'memory' ? StorageType.Memory : StorageType.File,
      replicas: options.replicas ?? 1,
      max_bytes: options.maxBytes ?? MAX_BYTES,
      maxValueSize: MAX_VALUE_BYTES,
      ...(options.ttlMs !== undefined && { ttl: options.ttlMs }),
    })
}

class NatsKeyValue implements KeyValue {
  readonly #nats: Nats
  readonly #js: JetStreamClient
  readonly #kv: KV
  readonly #bucket: string
  /** Makes the bucket if it is not there: one in the server's memory is gone after a restart. */
  readonly #open: () => Promise<KV>
  readonly #forgetReconnect: () => void
  #restored: Promise<unknown> = Promise.resolve()
  readonly #readers = new Set<StreamReader>()
  #isClosed = false

  constructor(nats: Nats, kv: KV, bucket: string, open: () => Promise<KV>) {
    this.#nats = nats
    this.#js = nats.connection.jetstream({ timeout: nats.requestTimeoutMs })
    this.#kv = kv
    this.#bucket = bucket
    this.#open = open
    this.#forgetReconnect = nats.onReconnect(() => {
      this.#restored = open().catch(nats.report)
    })
  }

  async get(key: string): Promise<KeyValueEntry | undefined> {
    assertStorable(key)
    const entry = await this.#ask(key, () => this.#kv.get(key))
    if (!entry || entry.operation !== 'PUT') return undefined
    return { key, value: entry.string(), revision: entry.revision }
  }

  async entries(): Promise<KeyValueEntry[]> {
    const entries = new Map<string, KeyValueEntry>()
    const { stop } = await this.watch(({ key, value, revision }) => {
      entries.delete(key)
      if (value !== undefined) entries.set(key, { key, value, revision })
    })
    await stop()
    return [...entries.values()]
  }

  async put(key: string, value: string): Promise<number> {
    assertStorable(key, value)
    return await this.#write(key, value, headers())
  }

  async create(key: string, value: string): Promise<number> {
    assertStorable(key, value)
    return await this.#ask(key, () => this.#kv.create(key, value))
  }

  async update(key: string, value: string, revision: number): Promise<number> {
    assertStorable(key, value)
    return await this.#write(key, value, expecting(revision))
  }

  async remove(key: string, revision?: number): Promise<void> {
    // A mark for a key that is not there would tell the watchers of a change that is none.
    if (revision === undefined && !(await this.get(key))) return
    assertStorable(key)
    const marked = revision === undefined ? headers() : expecting(revision)
    marked.set(OPERATION, 'DEL')
    await this.#write(key, '', marked)
  }

  async watch(changed: (change: KeyValueChange) => void): Promise<{ stop(): Promise<void> }> {
    const prefix = `$KV.${this.#bucket}.`
    const reader = new StreamReader({
      nats: this.#nats,
      stream: `KV_${this.#bucket}`,
      after: 'last-per-subject',
      filter: `${prefix}>`,
      handle: ({ message, sequence }) => {
        const change = { key: message.subject.slice(prefix.length), revision: sequence }
        this.#tell(changed, { ...change, value: valueOf(message) })
      },
      restore: this.#open,
    })
    const stop = async () => {
      this.#readers.delete(reader)
      await reader.stop()
    }
    await this.#ask('the watch', async () => {
      await reader.start()
      this.#readers.add(reader)
      await reader.caughtUp().catch(async (cause: unknown) => {
        await stop()
        throw cause
      })
    })
    return { stop }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#forgetReconnect()
    await Promise.all([...this.#readers].map((reader) => reader.stop()))
    this.#readers.clear()
  }

  #tell(changed: (change: KeyValueChange) => void, change: KeyValueChange): void {
    try {
      changed(change)
    } catch (cause) {
      this.#nats.report(cause)
    }
  }

  #write(key: string, value: string, marked: MsgHdrs): Promise<number> {
    const subject = `$KV.${this.#bucket}.${key}`
    return this.#ask(key, async () => {
      const { seq } = await this.#js.publish(subject, value, { headers: marked })
      return seq
    })
  }

  async #ask<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new KeyValueUnavailable('the bucket is closed')
    try {
      await this.#restored
      return await run()
    } catch (cause) {
      if (jetStreamError(cause) === JETSTREAM_ERRORS.wrongLastSequence) {
        throw new KeyValueConflict(`${what}: ${(cause as Error).message}`, { cause })
      }
      const reason = `the bucket ${this.#bucket} is out of reach for ${what}`
      throw new KeyValueUnavailable(reason, cause)
    }
  }
}

function expecting(revision: number): MsgHdrs {
  const expected = headers()
  expected.set(EXPECTED, String(revision))
  return expected
}

function valueOf(message: Msg): string | undefined {
  const operation = message.headers?.get(OPERATION)
  return operation === undefined || operation === '' ? message.string() : undefined
}
