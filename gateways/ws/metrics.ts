import { Counter, type Registry } from 'prom-client'

import { type ConnectionCounts, showConnections } from '#gateways/kernel/metrics.ts'

export interface WsMetrics {
  received(type: string): void
  sent(frames: number): void
  closed(code: number): void
  /** A client could not take more and was sent back to reading the log. */
  lagged(): void
}

export function createWsMetrics(registry: Registry, counts: () => ConnectionCounts): WsMetrics {
  const registers = [registry]
  showConnections(
    registry,
    { name: 'veza_ws_connections', help: 'Open WebSockets, by whether they have logged in.' },
    counts,
  )
  const received = new Counter({
    name: 'veza_ws_frames_received_total',
    help: 'Frames received, by type; those that do not exist count as unknown.',
    labelNames: ['type'],
    registers,
  })
  const sent = new Counter({
    name: 'veza_ws_frames_sent_total',
    help: 'Frames sent.',
    registers,
  })
  const closed = new Counter({
    name: 'veza_ws_closed_total',
    help: 'WebSockets closed, by close code.',
    labelNames: ['code'],
    registers,
  })
  const lagged = new Counter({
    name: 'veza_ws_lagged_total',
    help: 'Times that a slow client was sent back to reading from the log.',
    registers,
  })
  return {
    received: (type) => received.inc({ type }),
    sent: (frames) => sent.inc(frames),
    // Codes of clients are theirs to choose: only those of RFC 6455 and our own get a label.
    closed: (code) => closed.inc({ code: code >= 1000 && code < 4600 ? code : 0 }),
    lagged: () => lagged.inc(),
  }
}
