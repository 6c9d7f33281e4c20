import { Counter, Gauge, type Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'

import { type Bandwidth, createBandwidth } from '#gateways/ftp/transfers/bandwidth.ts'
import { commands } from '#gateways/ftp/commands.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

export interface FtpMetrics {
  answered(verb: string, code: number): void
  readonly bandwidth: Bandwidth
  received(bytes: number): void
  sent(bytes: number): void
  ended(direction: TransferPlan['direction'], code: number): void
  /** With another site at the other end. */
  movedForeign(direction: TransferPlan['direction'], code: number): void
}

export function createFtpMetrics(
  registry: Registry,
  clock: Clock,
  sessions: () => number,
): FtpMetrics {
  const bandwidth = createBandwidth(clock)
  const registers = [registry]
  const open = new Gauge({
    name: 'veza_ftp_sessions',
    help: 'Open FTP sessions',
    registers: [],
    collect() {
      this.set(sessions())
    },
  })
  registry.registerMetric(open)
  const answers = new Counter({
    name: 'veza_ftp_commands_total',
    help: 'FTP commands answered, by verb and class of the reply code',
    labelNames: ['verb', 'class'] as const,
    registers,
  })
  const receivedBytes = new Counter({
    name: 'veza_ftp_received_bytes_total',
    help: 'Bytes received on FTP data connections',
    registers,
  })
  const sentBytes = new Counter({
    name: 'veza_ftp_sent_bytes_total',
    help: 'Bytes sent on FTP data connections',
    registers,
  })
  const transfers = new Counter({
    name: 'veza_ftp_transfers_total',
    help: 'FTP transfers ended, by direction and class of the last reply code',
    labelNames: ['direction', 'class'] as const,
    registers,
  })
  const foreign = new Counter({
    name: 'veza_ftp_fxp_transfers_total',
    help: 'FTP transfers with other sites, by direction and class of the last reply code',
    labelNames: ['direction', 'class'] as const,
    registers,
  })
  const classOf = (code: number): string => `${Math.floor(code / 100)}xx`

  return {
    // Verbs come from strangers: what is not in the table shares one label.
    answered: (verb, code) =>
      answers.inc({ verb: Object.hasOwn(commands, verb) ? verb : 'other', class: classOf(code) }),
    bandwidth,
    received(bytes) {
      bandwidth.moved('up', bytes)
      receivedBytes.inc(bytes)
    },
    sent(bytes) {
      bandwidth.moved('down', bytes)
      sentBytes.inc(bytes)
    },
    ended: (direction, code) => transfers.inc({ direction, class: classOf(code) }),
    movedForeign: (direction, code) => foreign.inc({ direction, class: classOf(code) }),
  }
}
