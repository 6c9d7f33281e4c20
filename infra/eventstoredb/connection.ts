import { readFileSync } from 'node:fs'

import { EventStoreDBClient } from '@eventstore/db-client'
import type { Channel, ClientReadableStream, Metadata } from '@grpc/grpc-js'

import type { Clock } from '#events/clock.ts'
import { type ExpectedVersion, LogUnavailable } from '#events/event-log.ts'

import { BatchAppends, type BatchAttempt } from '#infra/eventstoredb/batch-appends.ts'
import type { Credentials, ServerAddress } from '#infra/eventstoredb/connection-string.ts'
import type { EventOctets } from '#infra/eventstoredb/event-codec.ts'
import { failureOf } from '#infra/eventstoredb/failures.ts'
import {
  type AppendReq,
  type AppendResp,
  type ReadReq,
  type ReadResp,
  StreamsClient,
  type TombstoneReq,
  type TombstoneResp,
} from '#infra/eventstoredb/protocol.ts'
import { appendRequests, batchRequest } from '#infra/eventstoredb/requests.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** How much longer than a call its connection may take to give up. */
const GRACE_MS = 250
/** Of the data and metadata of an append that goes with others in one call. */
const BATCHED_BYTES = 64 * 1024
/** How much longer a search of the whole log may take than any other call. */
const SCAN_FACTOR = 6

/** How long a read lives: `scan` is one through a filter, which may look at much to find little. */
export type ReadLife = 'page' | 'scan' | 'subscription'

/**
 * EventStoreDB's client, of which the connecting is used: discovery by gossip, TLS, channels, the
 * change to another leader. The calls are made with its generated stubs, because its own methods
 * cannot filter a read of `$all`, set no deadline on reads, lose the octets of metadata, and
 * send appends through one promise map per process: see `BatchAppends`.
 */
export class Connection extends EventStoreDBClient {
  readonly #deadlineMs: number
  readonly #clock: Clock
  #channel: Promise<Channel> | undefined
  readonly #batches: BatchAppends
  /** Until the server says that it does not know BatchAppend: before EventStoreDB 21.10. */
  #hasBatches = true
  readonly #closing = new AbortController()

  constructor(
    address: ServerAddress,
    {
      credentials,
      deadlineMs,
      clock,
    }: {
      readonly credentials: Credentials | undefined
      readonly deadlineMs: number
      readonly clock: Clock
    },
  ) {
    super(...clientArguments(address))
    this.#deadlineMs = deadlineMs
    this.#clock = clock
    const getChannel = this.getChannel
    this.getChannel = () => (this.#channel = getChannel())
    const callArguments = this.callArguments
    const authorization = credentials && mayTravel(address) && basic(credentials)
    this.callArguments = (base, options) => {
      const given: [Metadata, object] = callArguments(base, options)
      if (authorization) given[0].set('authorization', authorization)
      return given
    }
    this.#batches = new BatchAppends(
      this.GRPCStreamCreator(StreamsClient, 'batchAppend', (client) =>
        client.batchAppend(...this.#forCall('subscription')),
      ),
    )
    // The client does not wait for this promise, and it rejects when the discovery that another
    // call has begun fails: unhandled, that would end the process. The other call hears of it.
    const handleError = this.handleError
    this.handleError = (client, error) => handleError(client, error).catch(() => {})
  }

  /** Large appends, which would hold others up, have a call of their own; a server may want that. */
  async append(
    stream: string,
    events: readonly EventOctets[],
    expected: ExpectedVersion,
  ): Promise<AppendResp> {
    if (!this.#hasBatches || sizeOf(events) > BATCHED_BYTES) {
      return await this.#appendAlone(appendRequests(stream, events, expected))
    }
    const attempt: BatchAttempt = { isGivenUp: false }
    const deadlineAt = this.#clock.now() + this.#deadlineMs
    const request = batchRequest(stream, events, expected, deadlineAt)
    try {
      return await this.#inTime(() => this.#batches.append(request, attempt))
    } catch (cause) {
      if (failureOf(cause) !== 'unimplemented') throw cause
      this.#hasBatches = false
      return await this.#appendAlone(appendRequests(stream, events, expected))
    } finally {
      attempt.isGivenUp = true
      attempt.forget?.()
    }
  }

  #appendAlone(messages: readonly AppendReq[]): Promise<AppendResp> {
    return this.#inTime(() =>
      this.execute(
        StreamsClient,
        'append',
        (client) =>
          new Promise<AppendResp>((resolve, reject) => {
            const call = client.append(...this.#forCall(), (error, response) => {
              if (error) reject(error)
              else resolve(response)
            })
            call.on('error', reject)
            void writeAll(call, messages)
          }),
      ),
    )
  }

  tombstone(request: TombstoneReq): Promise<TombstoneResp> {
    return this.#inTime(() =>
      this.execute(
        StreamsClient,
        'tombstone',
        (client) =>
          new Promise<TombstoneResp>((resolve, reject) => {
            client.tombstone(request, ...this.#forCall(), (error, response) => {
              if (error) reject(error)
              else resolve(response)
            })
          }),
      ),
    )
  }

  /** In the server's words: `Running`, `Stopped` … */
  async projectionStatus(name: string): Promise<string> {
    const asked = { deadline: this.#deadlineMs }
    const details = await this.#inTime(() => this.getProjectionStatus(name, asked))
    return details.projectionStatus
  }

  /** The answers of a read, one by one, as fast as they are taken; the call ends with the loop. */
  async *read(request: ReadReq, life: ReadLife): AsyncGenerator<ReadResp> {
    const stream = await this.openRead(request, life)
    try {
      yield* stream
    } finally {
      stream.cancel()
    }
  }

  /** For who must end a read from outside of a loop. */
  async openRead(request: ReadReq, life: ReadLife): Promise<ClientReadableStream<ReadResp>> {
    const open = this.GRPCStreamCreator(StreamsClient, 'read', (client) =>
      client.read(request, ...this.#forCall(life)),
    )
    let isLate = false
    const opened = async () => {
      const stream = await open()
      // A cancelled call emits an error after its reader has gone.
      stream.on('error', () => {})
      if (isLate) stream.cancel()
      return stream
    }
    try {
      return await this.#inTime(opened)
    } catch (cause) {
      isLate = true
      throw cause
    }
  }

  /** Given when nothing more can be called: what failed is not tried again. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.dispose()
    // A channel that is still being looked for is closed when it is found.
    this.#channel?.then(
      (channel) => channel.close(),
      () => {},
    )
  }

  #forCall(life: ReadLife = 'page') {
    const factor = life === 'scan' ? SCAN_FACTOR : 1
    const endless = life === 'subscription' ? { deadline: Number.POSITIVE_INFINITY } : undefined
    return this.callArguments(
      { requiresLeader: true, deadline: this.#deadlineMs * factor },
      endless,
    )
  }

  /** A call has its deadline on the wire; finding a node to call, which takes many tries, has not. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    if (this.closing.aborted) throw new LogUnavailable('the log is closed')
    const late = Promise.withResolvers<never>()
    const cancel = this.#clock.after(this.#deadlineMs + GRACE_MS, () =>
      late.reject(new LogUnavailable(`EventStoreDB did not answer in ${this.#deadlineMs} ms`)),
    )
    try {
      return await Promise.race([work(), late.promise])
    } finally {
      cancel()
    }
  }
}

async function writeAll(
  call: ReturnType<InstanceType<typeof StreamsClient>['append']>,
  messages: readonly AppendReq[],
): Promise<void> {
  for (const message of messages) {
    // When the call fails meanwhile, this waits for nothing and is forgotten with the call.
    if (!call.write(message)) await new Promise((resolve) => call.once('drain', resolve))
  }
  call.end()
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A password crosses no network in the clear; EventStoreDB without TLS asks for none. */
function mayTravel({ isTls, hosts }: ServerAddress): boolean {
  return isTls || hosts.every(({ address }) => LOOPBACK.has(address))
}

function sizeOf(events: readonly EventOctets[]): number {
  return events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
}

type ClientArguments = ConstructorParameters<typeof EventStoreDBClient>

function clientArguments(address: ServerAddress): ClientArguments {
  const { hosts, isDiscovered, isTls, verifiesCertificate } = address
  const endpoints = [...hosts]
  const where = isDiscovered
    ? { discover: endpoints[0]! }
    : endpoints.length > 1
      ? { endpoints }
      : { endpoint: endpoints[0]! }
  const name = address.connectionName
  const settings = { ...where, ...address.numbers, ...(name && { connectionName: name }) }
  const file = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path))
  const rootCertificate = file(address.caFile)
  const userCertFile = file(address.userCertFile)
  const userKeyFile = file(address.userKeyFile)
  return [
    settings as ClientArguments[0],
    {
      insecure: !isTls,
      ...(rootCertificate && { rootCertificate }),
      ...(userCertFile && { userCertFile }),
      ...(userKeyFile && { userKeyFile }),
      ...(!verifiesCertificate && { verifyOptions: { rejectUnauthorized: false } }),
    },
  ]
}
