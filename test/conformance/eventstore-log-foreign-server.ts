import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js'

import {
  appendOptions,
  batchAnswer,
  type BatchCall,
  proposedOf,
} from '#test/conformance/eventstore-log-foreign-batch.ts'
import {
  chosenFor,
  nameOf,
  type ReadCall,
  resolve,
  send,
} from '#test/conformance/eventstore-log-foreign-reads.ts'
import {
  checkCommit,
  type ForeignRecord,
  type ProposedRecord,
} from '#test/conformance/eventstore-log-foreign-rules.ts'

/** What the server does with the next appends, instead of answering them. */
export type Mishap =
  /** It records the append, and its answer is lost. */
  | 'answer-lost'
  /** The append is lost. */
  | 'lost'
  | 'not-leader'
  | 'silent'

type AppendCall = ServerReadableStream<streams.AppendReq, streams.AppendResp>
type Answer<T> = (error: object | null, response?: T) => void

/**
 * An EventStoreDB as the driver meets it elsewhere: positions with gaps, ids that are forgotten,
 * no word about having caught up, answers that get lost. It keeps its events in memory.
 */
export class ForeignServer {
  readonly log: ForeignRecord[] = []
  readonly mishaps: Mishap[] = []
  /** Whether it is of a time before BatchAppend. */
  isOld = false
  /** Told to those who are not let in. */
  denies = false
  /** Of the leader, for `not-leader`. */
  leaderPort = 0
  /** Appends that have come in, of either call. */
  appends = 0
  /** Reads that have come in, of any stream. */
  reads = 0
  /** Of them those of category streams. */
  categoryReads = 0
  /** BatchAppend calls that have come in. */
  batches = 0
  port = 0
  readonly #server = new Server()
  readonly #subscribers = new Set<ReadCall>()
  readonly #held: (() => void)[] = []

  async start(): Promise<this> {
    this.#server.addService(streamsGrpc.StreamsService, {
      append: (call: AppendCall, answer: Answer<streams.AppendResp>) => this.#append(call, answer),
      read: (call: ReadCall) => this.#read(call),
      tombstone: (_: unknown, answer: Answer<never>) => answer({ code: status.UNIMPLEMENTED }),
      delete: (_: unknown, answer: Answer<never>) => answer({ code: status.UNIMPLEMENTED }),
      batchAppend: (call: BatchCall) => this.#batchAppend(call),
    })
    this.#server.addService(features.ServerFeaturesService, {
      getSupportedMethods: (_: ServerUnaryCall<never, never>, answer: Answer<unknown>) =>
        answer(null, supported()),
    } as never)
    this.port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      )
    })
    return this
  }

  get url(): string {
    return `esdb://localhost:${this.port}?tls=false`
  }

  /** Ends all subscriptions, as a server does that is overtaken by another leader. */
  dropSubscribers(): void {
    for (const call of this.#subscribers) call.emit('error', { code: status.ABORTED })
    this.#subscribers.clear()
  }

  /** Goes on with the appends about which it was silent. */
  release(): void {
    for (const decide of this.#held.splice(0)) decide()
  }

  get held(): number {
    return this.#held.length
  }

  /** Adds events as their writers' own programs would, at the next position or a given one. */
  record(stream: string, proposed: readonly ProposedRecord[], position?: bigint): void {
    const versions = this.log.filter((each) => each.stream === stream).length
    for (const [index, each] of proposed.entries()) {
      const last = this.log.at(-1)?.position ?? 1_000n
      const record: ForeignRecord = {
        version: BigInt(versions + index),
        position: position ?? last + 137n + BigInt(each.data.length),
        prepare: position ?? last + 137n + BigInt(each.data.length),
        created: 16_000_000_000_000_000n,
        ...each,
        stream,
      }
      this.log.push(record)
      for (const call of this.#subscribers) send(call, record)
    }
  }

  async dispose(): Promise<void> {
    this.#server.forceShutdown()
    await Promise.resolve()
  }

  #append(call: AppendCall, answer: Answer<streams.AppendResp>): void {
    this.appends++
    let options: streams.AppendReq.Options | undefined
    const proposed: ProposedRecord[] = []
    call.on('data', (request: streams.AppendReq) => {
      options ??= request.getOptions()
      const message = request.getProposedMessage()
      if (message) proposed.push(proposedOf(message))
    })
    call.on('end', () => this.#decide(options!, proposed, answer))
    call.on('error', () => {})
  }

  #batchAppend(call: BatchCall): void {
    call.on('error', () => {})
    if (this.isOld) return void call.emit('error', { code: status.UNIMPLEMENTED })
    this.batches++
    call.on('data', (request: streams.BatchAppendReq) => {
      this.appends++
      this.#decide(
        appendOptions(request),
        request.getProposedMessagesList().map(proposedOf),
        (error, response) => {
          // An error of the server's own ends the call, and all that is on its way in it.
          if (response) call.write(batchAnswer(request, response))
          else call.emit('error', error)
        },
      )
    })
    call.on('end', () => call.end())
  }

  #decide(
    options: streams.AppendReq.Options,
    proposed: readonly ProposedRecord[],
    answer: Answer<streams.AppendResp>,
  ): void {
    const mishap = this.mishaps.shift()
    if (this.denies) return answer(named(status.PERMISSION_DENIED, { exception: 'access-denied' }))
    if (mishap === 'silent') {
      this.#held.push(() => this.#decide(options, proposed, answer))
      return
    }
    if (mishap === 'lost') return answer({ code: status.UNAVAILABLE })
    if (mishap === 'not-leader') return answer(this.#elsewhere())
    const stream = nameOf(options.getStreamIdentifier())
    const own = this.log.filter((each) => each.stream === stream)
    const verdict = checkCommit(own, options, proposed)
    if (verdict === 'append') this.record(stream, proposed)
    if (mishap === 'answer-lost') return answer({ code: status.UNAVAILABLE })
    const response = new streams.AppendResp()
    if (verdict === 'conflict') return answer(null, response.setWrongExpectedVersion(wrong(own)))
    const last = verdict === 'append' ? this.log.at(-1)! : verdict
    const success = new streams.AppendResp.Success().setCurrentRevision(String(last.version))
    // A repeated append is answered without a position, as before EventStoreDB 22.6.
    if (verdict === 'append') success.setPosition(positionOf(last.position))
    else success.setNoPosition(new shared.Empty())
    answer(null, response.setSuccess(success))
  }

  #elsewhere(): object {
    return named(status.NOT_FOUND, {
      exception: 'not-leader',
      'leader-endpoint-host': 'localhost',
      'leader-endpoint-port': String(this.leaderPort),
    })
  }

  #read(call: ReadCall): void {
    call.on('error', () => {})
    if (this.denies) {
      call.emit('error', named(status.PERMISSION_DENIED, { exception: 'access-denied' }))
      return
    }
    this.reads++
    const options = call.request.getOptions()!
    const stream = options.getStream()
    if (stream && nameOf(stream.getStreamIdentifier()).startsWith('$ce-')) this.categoryReads++
    const chosen = chosenFor(this.log, options)
    if (options.hasSubscription()) return this.#follow(call, chosen)
    if (stream && chosen.length === 0) {
      call.write(new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound()))
    }
    for (const record of chosen.slice(0, Number(options.getCount()))) {
      if (options.getResolveLinks() && record.type === '$>') resolve(call, this.log, record)
      else send(call, record)
    }
    call.end()
  }

  #follow(call: ReadCall, chosen: readonly ForeignRecord[]): void {
    this.#subscribers.add(call)
    call.on('cancelled', () => this.#subscribers.delete(call))
    const confirmation = new streams.ReadResp.SubscriptionConfirmation()
    call.write(new streams.ReadResp().setConfirmation(confirmation))
    for (const record of chosen) send(call, record)
  }
}

function positionOf(position: bigint): streams.AppendResp.Position {
  const text = String(position)
  return new streams.AppendResp.Position().setCommitPosition(text).setPreparePosition(text)
}

function wrong(own: readonly ForeignRecord[]): streams.AppendResp.WrongExpectedVersion {
  const conflict = new streams.AppendResp.WrongExpectedVersion()
  const last = own.at(-1)
  if (last) return conflict.setCurrentRevision(String(last.version))
  return conflict.setCurrentNoStream(new shared.Empty())
}

function named(code: status, trailers: Readonly<Record<string, string>>): object {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value)
  return { code, details: trailers['exception'], metadata }
}

function supported(): unknown {
  const batch = new featureMessages.SupportedMethod()
  batch.setServiceName('event_store.client.streams.streams').setMethodName('batchappend')
  const methods = new featureMessages.SupportedMethods()
  return methods.setEventStoreServerVersion('23.10.0').setMethodsList([batch])
}
