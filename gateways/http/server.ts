import uWS from 'uWebSockets.js'
import type { HttpRequest, HttpResponse, us_listen_socket } from 'uWebSockets.js'

import { Refusal } from '#events/refusal.ts'
import type { Gateway } from '#gateways/kernel/gateway.ts'

import { BODY_LIMITS, type IncomingBody, receiveBody } from '#gateways/http/body.ts'
import {
  checked,
  type HttpCall,
  type HttpReply,
  readCall,
  writeReply,
} from '#gateways/http/codec.ts'
import { type HttpDeps, partsOf, type Readiness, type Route } from '#gateways/http/command.ts'
import { createClientAddress } from '#gateways/http/client-address.ts'
import { ROUTES } from '#gateways/http/commands.ts'
import { dispatch, routeFor } from '#gateways/http/dispatch.ts'
import { createReplays } from '#gateways/http/idempotency.ts'
import { createHttpMetrics } from '#gateways/http/metrics.ts'
import { openApi } from '#gateways/http/openapi.ts'
import { HTTP_REFUSALS, problemReply } from '#gateways/http/problem.ts'
import { createVisits } from '#gateways/http/visits.ts'
import type { WsLimits } from '#gateways/ws/options.ts'
import { attachWebSocket } from '#gateways/ws/server.ts'

export interface HttpOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** What `/readyz` says. */
  readonly ready: () => Readiness
  /** Lets others than this machine read `/metrics`, as a bearer token. */
  readonly metricsToken?: string
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. Default: none. */
  readonly trustedProxies?: readonly string[]
  /** Beside those of the table. */
  readonly routes?: readonly Route[]
  readonly limits?: {
    /** For the whole body of a request. */
    readonly bodyTimeoutMs?: number
    /** WebSockets in all, and from one address. */
    readonly sockets?: number
    readonly socketsPerAddress?: number
  }
  readonly webSocket?: Partial<WsLimits>
}

type Answer = (call: HttpCall, body: IncomingBody) => Promise<HttpReply> | HttpReply

/** One uWebSockets.js app: the API, the probes, and the WebSocket at `/ws`. */
export function createHttpGateway(deps: HttpDeps, options: HttpOptions): Gateway {
  const app = uWS.App()
  const metrics = createHttpMetrics(deps.registry)
  const { members } = deps
  const clientAddress = createClientAddress(options.trustedProxies ?? [])
  const replays = createReplays(deps.clock)
  const visits = createVisits(deps)
  const access = { replays, metricsToken: options.metricsToken }
  const timeoutMs = options.limits?.bodyTimeoutMs ?? BODY_LIMITS.timeoutMs
  let listening: us_listen_socket | undefined
  /** Requests that are not answered yet. */
  let running = 0
  let settled = () => {}

  /** `answer` is called with a copy of the request; what it throws becomes a problem. */
  function serve(pattern: string, answer: Answer, routes: readonly Route[] = []) {
    const parameterCount = partsOf(pattern).length
    return (response: HttpResponse, request: HttpRequest): void => {
      const startedAt = deps.clock.now()
      const call = readCall(response, request, deps.ids.next(), parameterCount, clientAddress)
      const bytes = routeFor(routes, call.method)?.bodyBytes ?? BODY_LIMITS.bytes
      const body = receiveBody(response, call, deps.clock, { bytes, timeoutMs })
      let isAborted = false
      response.onAborted(() => {
        isAborted = true
        body.abort()
      })
      running++
      void reply(call, body, answer).then(({ given, close }) => {
        running--
        if (running === 0) settled()
        metrics.answered(pattern, given.status, deps.clock.now() - startedAt)
        if (isAborted) return
        writeReply(response, given, call.id, { withBody: call.method !== 'HEAD', close })
      })
    }
  }

  /**
   * The answer waits for the end of the body, or its limit: a connection that is closed with
   * bytes unread takes the answer with it. What is left of a body that is not taken is not read.
   */
  async function reply(call: HttpCall, body: IncomingBody, answer: Answer) {
    const given = await answered(call, body, answer)
    return { given, close: (await body.ended) instanceof Refusal }
  }

  async function answered(call: HttpCall, body: IncomingBody, answer: Answer): Promise<HttpReply> {
    try {
      return checked(await answer(call, body))
    } catch (error) {
      if (error instanceof Refusal) return problemReply(error, call)
      deps.logger.error({ err: error, request: call.id }, 'a request failed')
      return problemReply(new Refusal(HTTP_REFUSALS.internal, 'Something went wrong.'), call)
    }
  }

  const endpoint = attachWebSocket(deps, {
    app,
    authorize: (header, origin) => members.authorize(header, origin),
    bearer: (token, origin) => members.bearer(token, origin),
    clientAddress,
    refuse(response, refusal) {
      const id = deps.ids.next()
      const asked = { id, authorization: '' }
      writeReply(response, problemReply(refusal, asked), id, { withBody: true, close: true })
    },
    limits: socketLimits(options),
  })
  const shared = { deps, ready: options.ready, registry: deps.registry, visits }
  const table = [...ROUTES, ...(options.routes ?? [])]
  const patterns = Map.groupBy([...table, openApi(table)], ({ pattern }) => pattern)
  for (const [pattern, routes] of patterns) {
    const answer: Answer = (call, body) => dispatch(routes, { ...shared, call, body }, access)
    app.any(pattern, serve(pattern, answer, routes))
  }
  app.any(
    '/ws',
    serve('/ws', () => {
      throw new Refusal(HTTP_REFUSALS.upgradeRequired, 'This is a WebSocket.')
    }),
  )
  app.any(
    '/*',
    serve('other', () => {
      throw new Refusal(HTTP_REFUSALS.notFound, 'There is nothing here.')
    }),
  )

  return {
    async start() {
      await endpoint.start()
      listening = await listen(app, options)
      return { port: uWS.us_socket_local_port(listening) }
    },
    async stop(graceMs) {
      if (listening) uWS.us_listen_socket_close(listening)
      listening = undefined
      const answered = new Promise<void>((resolve) => (settled = resolve))
      if (running === 0) settled()
      const late = new Promise<void>((resolve) => {
        const cancel = deps.clock.after(graceMs, resolve)
        void answered.then(cancel)
      })
      await Promise.all([endpoint.stop(graceMs), Promise.race([answered, late])])
      await visits.stop()
      app.close()
    },
  }
}

function socketLimits({ limits, webSocket }: HttpOptions): Partial<WsLimits> {
  return {
    ...(limits?.sockets !== undefined && { connections: limits.sockets }),
    ...(limits?.socketsPerAddress !== undefined && {
      connectionsPerAddress: limits.socketsPerAddress,
    }),
    ...webSocket,
  }
}

function listen(app: uWS.TemplatedApp, { host, port }: HttpOptions): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    // Without it two servers on one port would share its clients by chance.
    const isExclusive = 1
    const listened = (socket: us_listen_socket | false) => {
      if (socket) resolve(socket)
      else reject(new Error(`cannot listen on ${host}:${port}`))
    }
    const listenWith = app.listen.bind(app) as (...options: readonly unknown[]) => unknown
    listenWith(host, port, isExclusive, listened)
  })
}
