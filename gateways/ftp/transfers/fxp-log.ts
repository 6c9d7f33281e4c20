import type { CommandSession } from '#gateways/ftp/command.ts'
import type { FtpMetrics } from '#gateways/ftp/metrics.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

/**
 * Counts the transfer that is ending, if another site was at its other end, and logs it where the
 * rights say so (`fxp-log`). `code`: of its last reply.
 */
export function noteForeign(
  session: CommandSession,
  metrics: FtpMetrics,
  direction: TransferPlan['direction'],
  code: number,
): void {
  const { foreignPeer: peer } = session.data
  if (peer === undefined) return
  metrics.movedForeign(direction, code)
  const { movedBytes = 0 } = session.transfer ?? {}
  log(session, { direction, peer, movedBytes, code }).catch((cause) => session.report(cause))
}

async function log(session: CommandSession, transfer: object): Promise<void> {
  const { member, id: connection } = session.connection
  if (!member) return
  const { policy, logger } = session.administration
  const view = await policy.viewOf(member)
  if (!view.demands('fxp-log')) return
  logger.info({ ...transfer, member: member.id, connection }, 'ftp fxp')
}
