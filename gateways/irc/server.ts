import { createServer, type Server, type Socket } from 'node:net'

import type { BusSubscription } from '#events/event-bus.ts'
import { Admission } from '#gateways/kernel/admission.ts'
import { createConnectionRate } from '#gateways/kernel/connection-rate.ts'
import type { Gateway, GatewayDeps } from '#gateways/kernel/gateway.ts'

import { startFeed } from '#gateways/irc/feed.ts'
import { createVoice, type House } from '#gateways/irc/house.ts'
import { createIrcMetrics } from '#gateways/irc/metrics.ts'
import { createNicks } from '#gateways/irc/nicks.ts'
import { type IrcOptions, settingsOf } from '#gateways/irc/options.ts'
import { Session } from '#gateways/irc/session.ts'
import { Sessions } from '#gateways/irc/sessions.ts'

/** The IRC server: one listener, one session a client, one subscription to the bus for all. */
export function createIrcGateway(deps: GatewayDeps, options: IrcOptions): Gateway {
  const settings = settingsOf(options, deps.clock.now())
  const nicks = createNicks(deps.host)
  const voice = createVoice(settings, nicks)
  const house: House = { deps, settings, nicks, sessions: new Sessions(), voice }
  const { limits } = settings
  const connectionRate = createConnectionRate(deps.clock, limits.connectionRate)
  const admission = new Admission<Session>(limits, connectionRate)
  const metrics = createIrcMetrics(deps.registry, () => admission.counts)
  const server = createServer({ noDelay: true, keepAlive: true }, accept)
  /** All that have not ended, those on their way out too. */
  const sessions = new Set<Session>()
  let feed: BusSubscription | undefined
  let isStopping = false
  let emptied = () => {}

  function accept(socket: Socket): void {
    const verdict = admission.judge(socket.remoteAddress ?? 'unknown')
    if (verdict.kind === 'refuse' || isStopping) {
      metrics.refused()
      socket.on('error', () => socket.destroy())
      socket.end(`ERROR :${verdict.kind === 'refuse' ? verdict.reason : 'Server is stopping'}\r\n`)
      socket.destroySoon()
      return
    }
    if (verdict.kind === 'replace') {
      // It gives up its place at once: its closing is recorded in its own time.
      admission.remove(verdict.evicted)
      verdict.evicted.evict()
    }
    const session = new Session(socket, {
      house,
      metrics,
      loggedIn: (each) => admission.registered(each),
      ended(each) {
        admission.remove(each)
        sessions.delete(each)
        if (sessions.size === 0) emptied()
      },
    })
    sessions.add(session)
    admission.add(session)
  }

  return {
    async start() {
      feed = await startFeed(house)
      await listen(server, options)
      // Running out of descriptors is reported; the next client is accepted again.
      server.on('error', (cause) => deps.logger.error({ err: cause }, 'irc listen'))
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('no port was bound')
      return { port: address.port }
    },
    async stop(graceMs) {
      isStopping = true
      if (server.listening) server.close()
      const gone = new Promise<void>((resolve) => (emptied = resolve))
      if (sessions.size === 0) emptied()
      for (const session of sessions) session.stop()
      const late = new Promise<void>((resolve) => {
        const cancel = deps.clock.after(graceMs, resolve)
        void gone.then(cancel)
      })
      await Promise.race([gone, late])
      for (const session of sessions) session.destroy()
      await feed?.stop()
    },
  }
}

function listen(server: Server, { host, port }: IrcOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
