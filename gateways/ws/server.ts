import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js'

import { type Fact, refOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { Admission } from '#gateways/kernel/admission.ts'
import { isFromAnotherSite } from '#gateways/kernel/another-site.ts'
import { createConnectionRate } from '#gateways/kernel/connection-rate.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member, Origin } from '#gateways/kernel/login.ts'

import { SUBPROTOCOL } from '#gateways/ws/codec.ts'
import { createLiveFeed } from '#gateways/ws/live-feed.ts'
import { createWsMetrics } from '#gateways/ws/metrics.ts'
import { DEFAULT_WS_LIMITS, type WsLimits } from '#gateways/ws/options.ts'
import { CLOSE } from '#gateways/ws/replies.ts'
import { WsSession } from '#gateways/ws/session.ts'

export interface WsOptions {
  readonly app: TemplatedApp
  readonly limits?: Partial<WsLimits>
  /** The member of an `Authorization` header. Rejects with a `Refusal`. */
  readonly authorize: (header: string, origin: Origin) => Promise<Member>
  /** The member of an access or API token. Rejects with a `Refusal`. */
  readonly bearer: (token: string, origin: Origin) => Promise<Member>
  /** The client's address, where a proxy asks for it. */
  readonly clientAddress: (peer: string, forwardedFor: string) => string
  /** Answers an upgrade request that is refused. */
  readonly refuse: (response: HttpResponse, refusal: Refusal) => void
}

/** The WebSocket half of the HTTP gateway. */
export interface WsEndpoint {
  start(): Promise<void>
  /** Says goodbye; resolves when every closing is recorded, or after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** What hangs on a socket from its upgrade on. */
interface SocketData {
  readonly member: Member | undefined
  readonly address: string
  session?: WsSession
}

export function attachWebSocket(deps: GatewayDeps, options: WsOptions): WsEndpoint {
  const limits = { ...DEFAULT_WS_LIMITS, ...options.limits }
  const connectionRate = createConnectionRate(deps.clock, limits.connectionRate)
  const admission = new Admission<WsSession>(limits, connectionRate)
  const metrics = createWsMetrics(deps.registry, () => admission.counts)
  const byConnection = new Map<string, WsSession>()
  /** All that have not ended, those on their way out too. */
  const sessions = new Set<WsSession>()
  const feed = createLiveFeed(deps.bus, heard)
  let isStopping = false
  let emptied = () => {}

  /** The rules can close a connection: it is told by the fact. */
  function heard(fact: Fact): void {
    if (fact.type !== 'connection.closed') return
    const id = refOf(fact.stream)?.id
    if (id === undefined) return
    byConnection.get(id)?.expelled((fact.data as { readonly reason: string }).reason)
  }

  function open(socket: WebSocket<SocketData>): void {
    const data = socket.getUserData()
    const session = new WsSession(socket, {
      deps,
      limits,
      metrics,
      feed,
      address: data.address,
      member: data.member,
      bearer: options.bearer,
      opened: (each) => byConnection.set(each.connectionId!, each),
      loggedIn: (each) => admission.registered(each),
      ended,
    })
    data.session = session
    sessions.add(session)
    admission.add(session)
    if (isStopping) session.end(CLOSE.stopping, 'server-stopping')
  }

  function ended(session: WsSession): void {
    admission.remove(session)
    sessions.delete(session)
    if (session.connectionId !== undefined) byConnection.delete(session.connectionId)
    if (sessions.size === 0) emptied()
  }

  options.app.ws<SocketData>('/ws', {
    maxPayloadLength: limits.frameBytes,
    maxBackpressure: limits.backpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: limits.idleTimeoutSeconds,
    sendPingsAutomatically: true,
    upgrade: (response, request, context) =>
      upgrade(response, request, context, { ...options, admit }),
    open,
    message(socket, message, isBinary) {
      const { session } = socket.getUserData()
      if (isBinary) session?.end(CLOSE.binary, 'binary frames are not spoken here')
      // The buffer is only lent for this call: the text is its copy.
      else session?.receive(Buffer.from(message).toString('utf8'))
    },
    drain: (socket) => socket.getUserData().session?.drained(),
    close: (socket, code) => socket.getUserData().session?.closed(code),
  })

  /** Throws a `Refusal` when there is no room for another socket. */
  function admit(address: string): void {
    if (isStopping) throw new Refusal('stopping', 'The server is stopping.')
    const verdict = admission.judge(address)
    if (verdict.kind === 'refuse') throw new Refusal('busy', verdict.reason)
    if (verdict.kind === 'replace') {
      admission.remove(verdict.evicted)
      verdict.evicted.end(CLOSE.evicted, 'too many connections that have not logged in')
    }
  }

  return {
    start: () => feed.start(),
    async stop(graceMs) {
      isStopping = true
      const gone = new Promise<void>((resolve) => (emptied = resolve))
      if (sessions.size === 0) emptied()
      for (const session of sessions) session.end(CLOSE.stopping, 'server-stopping')
      const late = new Promise<void>((resolve) => {
        const cancel = deps.clock.after(graceMs, resolve)
        void gone.then(cancel)
      })
      await Promise.race([gone, late])
      await feed.stop()
    },
  }
}

interface UpgradeOptions extends WsOptions {
  readonly admit: (address: string) => void
}

/** The request lives only as long as this call's first turn: all that is needed is read first. */
function upgrade(
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
  { authorize, refuse, admit, clientAddress }: UpgradeOptions,
): void {
  const key = request.getHeader('sec-websocket-key')
  const offered = request.getHeader('sec-websocket-protocol').split(/ *, */)
  const extensions = request.getHeader('sec-websocket-extensions')
  const authorization = request.getHeader('authorization')
  const isForeign = isFromAnotherSite(request.getHeader('origin'), request.getHeader('host'))
  const peer = Buffer.from(response.getRemoteAddressAsText()).toString()
  const address = clientAddress(peer, request.getHeader('x-forwarded-for'))
  let isAborted = false
  response.onAborted(() => {
    isAborted = true
  })

  async function welcome(): Promise<void> {
    if (authorization && isForeign) throw new Refusal('forbidden', 'Another site may not do that.')
    const origin: Origin = { gateway: 'ws', address }
    const member = authorization ? await authorize(authorization, origin) : undefined
    if (isAborted) return
    admit(address)
    const data: SocketData = { member, address }
    const protocol = offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : ''
    response.cork(() => response.upgrade(data, key, protocol, extensions, context))
  }

  welcome().catch((error: unknown) => {
    if (isAborted) return
    refuse(
      response,
      error instanceof Refusal ? error : new Refusal('internal-error', 'Something went wrong.'),
    )
  })
}
