import type { EventEmitter } from 'node:events'

import type {
  Metadata,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'

import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'
import type { Origin } from '#gateways/kernel/login.ts'
import type { VerifiedMembers } from '#gateways/members/verified-members.ts'

import type { Door, DoorCall, Method, Shapes } from '#gateways/eventstoredb/command.ts'
import type { Connections } from '#gateways/eventstoredb/connections.ts'
import { createOutlet } from '#gateways/eventstoredb/outlet.ts'
import { DOOR_REFUSALS, internalError, replyTo } from '#gateways/eventstoredb/replies.ts'

type AnyCall =
  | ServerUnaryCall<never, unknown>
  | ServerReadableStream<never, unknown>
  | ServerWritableStream<never, unknown>
  | ServerDuplexStream<never, unknown>

export interface DispatchDeps {
  readonly door: Door
  readonly connections: Connections
  readonly members: VerifiedMembers
}

/** The table's methods as gRPC handlers: every check that they share, once. */
export function createDispatcher({ door, connections, members }: DispatchDeps) {
  const running = new Set<AbortController>()
  let isStopping = false

  /** The call with its caller; rejects with a `Refusal`. */
  async function admit(method: Method, call: AnyCall, signal: AbortSignal): Promise<DoorCall> {
    if (isStopping) throw stopping()
    const connection = connections.of(call.getPeer())
    if (!connection) throw new Refusal(HOST_REFUSALS.stopping, 'The connection has gone.')
    const admitted = {
      door,
      connection,
      authority: call.getHost(),
      connectionName: firstOf(call.metadata, 'connection-name') ?? '',
      signal,
    }
    if (!method.needsMember) return admitted
    const authorization = firstOf(call.metadata, 'authorization')
    if (authorization === undefined) {
      throw new Refusal(DOOR_REFUSALS.unauthenticated, 'Log in with basic credentials.')
    }
    const { address } = connection
    const origin: Origin = { gateway: 'eventstore', address }
    const member = await members.authorize(authorization, origin)
    connections.registered(connection)
    return { ...admitted, member } as DoorCall
  }

  /** Runs one call to its end, whatever that is, and answers the error to send. */
  async function conduct(
    method: Method,
    call: AnyCall,
    run: (admitted: never) => Promise<void>,
  ): Promise<ReturnType<typeof replyTo>> {
    const startedAt = door.clock.now()
    const ending = new AbortController()
    const cancel = () => ending.abort()
    const emitter: EventEmitter = call
    emitter.once('cancelled', cancel)
    running.add(ending)
    let error: ReturnType<typeof replyTo>
    try {
      await run((await admit(method, call, ending.signal)) as never)
      if (isStop(ending.signal)) throw ending.signal.reason
    } catch (cause) {
      error = replyTo(isStop(ending.signal) ? ending.signal.reason : cause)
      if (!error) {
        error = internalError()
        // A client that goes in the middle of its own stream breaks it; that is no fault of ours.
        if (!call.cancelled) door.logger.error({ err: cause, method: method.path }, 'a call failed')
      }
    } finally {
      running.delete(ending)
      emitter.off('cancelled', cancel)
    }
    const code = call.cancelled ? status.CANCELLED : (error?.code ?? status.OK)
    door.metrics.answered(method.path.slice(1), code, door.clock.now() - startedAt)
    return error
  }

  function unary(method: Method, runs: Shapes<never, never, unknown>['unary']) {
    return (call: ServerUnaryCall<never, unknown>, answer: sendUnaryData<unknown>): void => {
      let response: unknown
      const run = async (admitted: never) => {
        response = await runs(call.request, admitted)
      }
      void conduct(method, call, run).then((error) =>
        error ? answer(error) : answer(null, response),
      )
    }
  }

  function clientStream(method: Method, runs: Shapes<never, never, unknown>['client-stream']) {
    return (call: ServerReadableStream<never, unknown>, answer: sendUnaryData<unknown>): void => {
      let response: unknown
      const run = async (admitted: never) => {
        response = await runs(requestsOf(call), admitted)
      }
      void conduct(method, call, run).then((error) =>
        error ? answer(error) : answer(null, response),
      )
    }
  }

  function serverStream(method: Method, runs: Shapes<never, never, unknown>['server-stream']) {
    return (call: ServerWritableStream<never, unknown>): void => {
      const run = (admitted: never) =>
        runs(call.request, createOutlet(call, (admitted as DoorCall).signal), admitted)
      void conduct(method, call, run).then((error) => finish(call, error))
    }
  }

  function bidi(method: Method, runs: Shapes<never, never, unknown>['bidi']) {
    return (call: ServerDuplexStream<never, unknown>): void => {
      const run = (admitted: never) =>
        runs(requestsOf(call), createOutlet(call, (admitted as DoorCall).signal), admitted)
      void conduct(method, call, run).then((error) => finish(call, error))
    }
  }

  const shaped = {
    unary,
    'client-stream': clientStream,
    'server-stream': serverStream,
    bidi,
  }
  return {
    handlerOf: (method: Method): UntypedHandleCall =>
      shaped[method.shape](method, method.run as never) as UntypedHandleCall,
    /** Ends what runs and takes nothing more: each call is told that the server stops. */
    stop(): void {
      isStopping = true
      for (const ending of running) ending.abort(stopping())
    },
  }
}

function stopping(): Refusal {
  return new Refusal(HOST_REFUSALS.stopping, 'The server is stopping.')
}

function isStop(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof Refusal
}

function firstOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name)
  return typeof value === 'string' ? value : undefined
}

/** Reads on only as fast as it is asked for; leaving it early keeps the way back open. */
function requestsOf(
  call: ServerReadableStream<never, unknown> | ServerDuplexStream<never, unknown>,
): AsyncIterable<never> {
  return {
    [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) as AsyncIterator<never>,
  }
}

function finish(
  call: ServerWritableStream<never, unknown> | ServerDuplexStream<never, unknown>,
  error: ReturnType<typeof replyTo>,
): void {
  if (call.cancelled) return
  if (error) call.emit('error', error)
  else call.end()
}
