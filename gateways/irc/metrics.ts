import { Counter, type Registry } from 'prom-client'

import { type ConnectionCounts, showConnections } from '#gateways/kernel/metrics.ts'

export interface IrcMetrics {
  received(verb: string): void
  /** Lines that a client was not given the time for, by their fault. */
  disconnected(cause: DisconnectCause): void
  refused(): void
}

export type DisconnectCause =
  | 'client'
  | 'error'
  | 'evicted'
  | 'flood'
  | 'login'
  | 'ping-timeout'
  | 'rules'
  | 'send-queue'
  | 'stopping'

export function createIrcMetrics(registry: Registry, counts: () => ConnectionCounts): IrcMetrics {
  const registers = [registry]
  showConnections(
    registry,
    { name: 'veza_irc_connections', help: 'Open IRC connections, by whether they have logged in.' },
    counts,
  )
  const commands = new Counter({
    name: 'veza_irc_commands_total',
    help: 'Commands received, by verb; those that do not exist count as unknown.',
    labelNames: ['verb'],
    registers,
  })
  const disconnects = new Counter({
    name: 'veza_irc_disconnects_total',
    help: 'Connections ended, by cause.',
    labelNames: ['cause'],
    registers,
  })
  const refusals = new Counter({
    name: 'veza_irc_refused_connections_total',
    help: 'Connections refused at once because of a limit.',
    registers,
  })
  return {
    received: (verb) => commands.inc({ verb }),
    disconnected: (cause) => disconnects.inc({ cause }),
    refused: () => refusals.inc(),
  }
}
