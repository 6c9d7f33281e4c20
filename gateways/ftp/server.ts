import { createServer, type Socket } from 'node:net'

import type { ConnectionFact } from '#events/connection.facts.ts'
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
import { createDataPort } from '#gateways/ftp/data-port.ts'
import { createFtpMetrics } from '#gateways/ftp/metrics.ts'
import { DEFAULT_LIMITS, type FtpOptions } from '#gateways/ftp/options.ts'
import { reply } from '#gateways/ftp/replies.ts'
import { FtpSession } from '#gateways/ftp/session.ts'
import { createTlsAcceptor, type TlsPair } from '#gateways/ftp/tls.ts'

/** Why the rules end a connection, in words. */
const FAREWELLS: Readonly<Record<string, string>> = {
  'login-timeout': 'Your time to log in is over.',
  'password-changed': 'Your password was changed: log in again.',
  banned: 'You are banned.',
}

export type FtpGatewayDeps = GatewayDeps &
  AdministrationDeps & {
    /** Settled before the gateway starts. */
    readonly site: Site
    readonly tls: TlsPair
  }

/** Serves the site over FTP: RFC 959, 2228, 2389, 2428, 3659 and 4217. */
export function createFtpGateway(deps: FtpGatewayDeps, options: FtpOptions): Gateway {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const tls = createTlsAcceptor(deps.tls)
  const sessions = new Map<string, FtpSession>()
  const connectionRate = createConnectionRate(deps.clock, limits.connectionRate)
  const admission = createAdmission(limits, connectionRate)
  const diskReports = createTokenBucket(deps.clock, { burst: 1, perSecond: 1 })
  const metrics = createFtpMetrics(deps.registry, () => sessions.size)
  let isStopping = false
  let watch: BusSubscription | undefined

  async function welcome(socket: Socket): Promise<void> {
    const control = createControlChannel(socket, tls)
    const turnAway = (words: string): void => {
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
      localAddress: control.localAddress,
      remoteAddress: control.remoteAddress,
      passivePorts: options.passivePorts,
      connectMs: limits.dataConnectMs,
    })
    const session = new FtpSession({
      gateway: deps,
      connection,
      control,
      data,
      limits,
      advertisedAddress: options.advertisedAddress,
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

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    welcome(socket).catch((cause: unknown) => {
      deps.logger.error({ err: cause }, 'ftp accept')
      socket.destroy()
    })
  })

  /** The connection's own rules ended it: its time to log in is over, for instance. */
  function closedByRule(fact: Fact): void {
    const { type, stream, data } = fact as ConnectionFact
    const session = type === 'connection.closed' ? sessions.get(refOf(stream)?.id ?? '') : undefined
    if (!session || type !== 'connection.closed') return
    void session.dismiss(FAREWELLS[data.reason] ?? 'You have to go.', data.reason)
  }

  return {
    async start() {
      watch = await deps.bus.subscribe({ kinds: ['connection'] }, closedByRule)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: options.host, port: options.port, backlog: 1_024 }, () => {
          server.off('error', reject)
          // Running out of descriptors is reported; the next client is accepted again.
          server.on('error', (cause) => deps.logger.error({ err: cause }, 'ftp listen'))
          resolve()
        })
      })
      return { port: (server.address() as { port: number }).port }
    },
    async stop(graceMs) {
      isStopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
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
