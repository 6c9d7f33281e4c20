import uWS from 'uWebSockets.js'
import type { HttpRequest, HttpResponse, us_listen_socket } from 'uWebSockets.js'

import { Refusal } from '#events/refusal.ts'
import type { Gateway } from '#gateways/kernel/gateway.ts'

import { type HttpCall, type HttpReply, readCall, writeReply } from '#gateways/http/codec.ts'
import type { HttpDeps, Readiness } from '#gateways/http/command.ts'
import { ROUTES } from '#gateways/http/commands.ts'
import { dispatch } from '#gateways/http/dispatch.ts'
import { createHttpMetrics } from '#gateways/http/metrics.ts'
import { HTTP_REFUSALS, problemReply } from '#gateways/http/problem.ts'
import { createVerifiedMembers } from '#gateways/http/verified-members.ts'
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
  readonly limits?: {
    /** WebSockets in all, and from one address. */
    readonly sockets?: number
    readonly socketsPerAddress?: number
  }
  readonly webSocket?: Partial<WsLimits>
}

/** One uWebSockets.js app: the API, the probes, and the WebSocket at `/ws`. */
export function createHttpGateway(deps: HttpDeps, options: HttpOptions): Gateway {
  const app = uWS.App()
  const metrics = createHttpMetrics(deps.registry)
  const members = createVerifiedMembers(deps)
  const access = { members, metricsToken: options.metricsToken }
  let listening: us_listen_socket | undefined
  /** Requests that are not answered yet. */
  let running = 0
  let settled = () => {}

  /** `answer` is called with a copy of the request; what it throws becomes a problem. */
  function serve(route: string, answer: (call: HttpCall) => Promise<HttpReply> | HttpReply) {
    const parameterCount = route.split('/:').length - 1
    return (response: HttpResponse, request: HttpRequest): void => {
      const startedAt = deps.clock.now()
      const call = readCall(response, request, deps.ids.next(), parameterCount)
      let isAborted = false
      response.onAborted(() => {
        isAborted = true
      })
      running++
      void reply(call, answer).then((given) => {
        running--
        if (running === 0) settled()
        metrics.answered(route, given.status, deps.clock.now() - startedAt)
        if (isAborted) return
        const withBody = call.method !== 'HEAD'
        writeReply(response, given, call.id, { withBody, close: given.status === 413 })
      })
    }
  }

  async function reply(
    call: HttpCall,
    answer: (call: HttpCall) => Promise<HttpReply> | HttpReply,
  ): Promise<HttpReply> {
    try {
      return await answer(call)
    } catch (error) {
      if (error instanceof Refusal) return problemReply(error, call.id)
      deps.logger.error({ err: error, request: call.id }, 'a request failed')
      return problemReply(new Refusal(HTTP_REFUSALS.internal, 'Something went wrong.'), call.id)
    }
  }

  const endpoint = attachWebSocket(deps, {
    app,
    authorize: (header) => members.authorize(header),
    refuse(response, refusal) {
      const id = deps.ids.next()
      writeReply(response, problemReply(refusal, id), id, { withBody: true, close: true })
    },
    limits: socketLimits(options),
  })
  for (const route of ROUTES) {
    const context = { deps, ready: options.ready, registry: deps.registry }
    app.any(
      route.pattern,
      serve(route.pattern, (call) => dispatch(route, { ...context, call }, access)),
    )
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
      await members.start()
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
      await members.stop()
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
