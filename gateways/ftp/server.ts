import type { Socket } from 'node:net'

import type { ConnectionFact } from '#events/connection.facts.ts'
import type { DataPump } from '#events/data-pump.ts'
import type { BusSubscription } from '#events/event-bus.ts'
import { type Fact, refOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import { createConnectionRate } from '#gateways/kernel/connection-rate.ts'
import { openConnection } from '#gateways/kernel/connection.ts'
import type { Gateway, GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { AdministrationDeps } from '#gateways/members/administration/operation.ts'
import type { Site } from '#gateways/site/site.ts'
import { createTokenBucket } from '#gateways/kernel/token-bucket.ts'
import { createAdmission } from '#gateways/ftp/admission.ts'
import { createControlChannel } from '#gateways/ftp/control-channel.ts'
import { createDataPort } from '#gateways/ftp/transfers/data-port.ts'
import { createDoor, type Door } from '#gateways/ftp/door.ts'
import { createFtpMetrics } from '#gateways/ftp/metrics.ts'
import { DEFAULT_LIMITS, type FtpOptions } from '#gateways/ftp/options.ts'
import { reply } from '#gateways/ftp/replies.ts'
import { createSessionPolicies } from '#gateways/ftp/session-policies.ts'
import { FtpSession } from '#gateways/ftp/session.ts'
import { createTlsAcceptor, type TlsPair } from '#gateways/ftp/tls.ts'

/** Why the rules end a connection, in words. */
const FAREWELLS: Readonly<Record<string, string>> = {
  'login-timeout': 'Your time to log in is over.',
  'password-changed': 'Your password was changed: log in again.',
  banned: 'You are banned.',
  ghost: 'You have logged in again and ended your other connections.',
}

export type FtpGatewayDeps = GatewayDeps &
  AdministrationDeps & {
    /** Settled before the gateway starts. */
    readonly site: Site
    readonly tls: TlsPair
    /** Default: bytes go through this process's event loop. */
    readonly pump?: DataPump | undefined
  }

export interface FtpGateway extends Gateway {
  /** `tlsPort`: where TLS comes first, if anywhere. */
  start(): Promise<{ readonly port: number; readonly tlsPort?: number }>
  /** Handshakes from now on show this certificate. Throws for a pair that is none. */
  useCertificate(pair: TlsPair): void
}

/** Serves the site over FTP: RFC 959, 2228, 2389, 2428, 2640, 3659, 4217 and 7151. */
export function createFtpGateway(deps: FtpGatewayDeps, options: FtpOptions): FtpGateway {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const tls = createTlsAcceptor(deps.tls)
  const policies = createSessionPolicies(options, limits.hashesAtOnce)
  const sessions = new Map<string, FtpSession>()
  const connectionRate = createConnectionRate(deps.clock, limits.connectionRate)
  const admission = createAdmission(limits, connectionRate)
  const diskReports = createTokenBucket(deps.clock, { burst: 1, perSecond: 1 })
  const metrics = createFtpMetrics(deps.registry, deps.clock, () => sessions.size)
  let isStopping = false
  let watch: BusSubscription | undefined

  async function welcome(socket: Socket, isImplicit: boolean): Promise<void> {
    const control = createControlChannel(socket, tls)
    const turnAway = (words: string): void => {
      if (isImplicit) return control.destroy()
      void control.send(reply(421, words))
      control.end()
      const cancel = deps.clock.after(1_000, () => control.destroy())
      control.listen({ line: () => {}, end: () => {}, close: cancel })
    }
    const guest = admission.admit(control.remoteAddress)
    if (isStopping || !guest) return turnAway('Too many connections: try again later.')
    let connection
    try {
      connection = await openConnection(deps, 'ftp')
    } catch (cause) {
      admission.leave(guest)
      if (!(cause instanceof Refusal)) deps.logger.error({ err: cause }, 'ftp accept')
      return turnAway('The server cannot take you now: try again later.')
    }
    const { id } = connection
    const data = createDataPort({
      clock: deps.clock,
      tls,
      pump: deps.pump,
      localAddress: control.localAddress,
      remoteAddress: control.remoteAddress,
      fxp: policies.fxp,
      passivePorts: options.passivePorts,
      connectMs: limits.dataConnectMs,
    })
    const session = new FtpSession({
      gateway: deps,
      connection,
      control,
      data,
      limits,
      policies,
      isImplicit,
      metrics,
      diskReports,
      ended() {
        sessions.delete(id)
        admission.leave(guest)
      },
    })
    sessions.set(id, session)
    guest.isMember = () => connection.member !== undefined
    guest.dismiss = () => void session.dismiss('Others are waiting: log in faster.', 'crowded-out')
    session.start()
    if (isStopping) await session.dismiss('The server is stopping.', 'stopping')
    else if (guest.isLeaving) guest.dismiss()
  }

  const doorOf = (port: number, isImplicit: boolean): Door =>
    createDoor({ host: options.host, port, logger: deps.logger }, (socket) =>
      welcome(socket, isImplicit),
    )
  const door = doorOf(options.port, false)
  const secureDoor = options.tlsPort === undefined ? undefined : doorOf(options.tlsPort, true)

  /** The connection's own rules ended it: its time to log in is over, for instance. */
  function closedByRule(fact: Fact): void {
    const { type, stream, data } = fact as ConnectionFact
    const session = type === 'connection.closed' ? sessions.get(refOf(stream)?.id ?? '') : undefined
    if (!session || type !== 'connection.closed') return
    void session.dismiss(FAREWELLS[data.reason] ?? 'You have to go.', data.reason)
  }

  return {
    useCertificate: (pair) => tls.use(pair),
    async start() {
      watch = await deps.bus.subscribe({ kinds: ['connection'] }, closedByRule)
      const port = await door.open()
      const tlsPort = await secureDoor?.open()
      return { port, ...(tlsPort !== undefined && { tlsPort }) }
    },
    async stop(graceMs) {
      isStopping = true
      const closed = Promise.all([door.close(), secureDoor?.close()])
      const { promise: graceOver, resolve: endGrace } = Promise.withResolvers<void>()
      const cancel = deps.clock.after(graceMs, endGrace)
      await Promise.all(
        [...sessions.values()].map(async (session) => {
          await Promise.race([session.transferOver(), graceOver])
          await session.dismiss('The server is stopping.', 'stopping')
        }),
      )
      cancel()
      await watch?.stop()
      await closed
    },
  }
}
