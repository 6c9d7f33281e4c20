import type { Connection } from '#gateways/kernel/connection.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { AdministrationDeps } from '#gateways/members/administration/operation.ts'
import type { Site } from '#gateways/site/site.ts'
import type { TokenBucket } from '#gateways/kernel/token-bucket.ts'
import type { ControlChannel } from '#gateways/ftp/control-channel.ts'
import type { DataPort } from '#gateways/ftp/transfers/data-port.ts'
import type { FtpMetrics } from '#gateways/ftp/metrics.ts'
import type { FtpLimits } from '#gateways/ftp/options.ts'
import type { SessionPolicies } from '#gateways/ftp/session-policies.ts'

export interface SessionDeps {
  readonly gateway: GatewayDeps & AdministrationDeps & { readonly site: Site }
  readonly connection: Connection
  readonly control: ControlChannel
  readonly data: DataPort
  readonly limits: FtpLimits
  readonly policies: SessionPolicies
  /** TLS comes first, without being asked for: data connections are protected too. */
  readonly isImplicit: boolean
  readonly metrics: FtpMetrics
  /** How often a failing disk is reported, by all sessions together. */
  readonly diskReports: TokenBucket
  /** The session is over and its closing is recorded. */
  readonly ended: () => void
}
