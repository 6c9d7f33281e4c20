import type { Receipt } from '#actors/kernel/host.ts'
import type { DiskTrouble } from '#events/site-files.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Connection } from '#gateways/kernel/connection.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Origin } from '#gateways/kernel/login.ts'
import type { AdministrationDeps } from '#gateways/members/administration/operation.ts'
import type { Site } from '#gateways/site/site.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SitePath } from '#gateways/site/path.ts'
import type { Bandwidth } from '#gateways/ftp/transfers/bandwidth.ts'
import type { DataPort } from '#gateways/ftp/transfers/data-port.ts'
import type { DupeMode } from '#gateways/ftp/dupes.ts'
import type { HashName } from '#gateways/ftp/transfers/file-hash.ts'
import type { FxpPolicy } from '#gateways/ftp/transfers/foreign-peers.ts'
import type { FtpLimits } from '#gateways/ftp/options.ts'
import type { Reply } from '#gateways/ftp/replies.ts'
import type { SessionPolicies } from '#gateways/ftp/session-policies.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

/** What a client has set so far. */
export interface SessionState {
  /** The name given by USER, until PASS. */
  user: string | undefined
  /** The password given by PASS, until ACCT brings the code of the second factor. */
  password: string | undefined
  /** The name came as `!name`: the member's other FTP connections end when it logs in. */
  endsGhosts: boolean
  failedLogins: number
  directory: SitePath
  type: 'A' | 'I'
  /** Where the next transfer begins, by REST. */
  restartAt: number
  /** What RANG has chosen: first and last byte. */
  range: ByteRange | undefined
  /** What HASH computes, by OPTS HASH. */
  hashName: HashName
  /** What RNTO will rename. */
  renameFrom: SitePath | undefined
  hasBufferSize: boolean
  isDataProtected: boolean
  /** After SSCN ON protected data connections are greeted as TLS clients do. */
  isTlsClient: boolean
  /** After CEPR ON a reply to EPSV tells the address too. */
  hasCustomReplies: boolean
  /** After EPSV ALL no other way to a data connection is taken (RFC 2428 section 4). */
  isExtendedOnly: boolean
  /** Facts that MLSD and MLST tell. */
  machineFacts: readonly string[]
  /** What may go to and come from another site by the next transfer. */
  fxp: FxpPolicy
  /** By SITE IDLE: how long this session may do nothing, instead of what the account says. */
  idleMs?: number
  /** By SITE XDUPE: in which form a refused dupe names the files that are there. Default 0: none. */
  xdupe?: DupeMode
  /** By SITE COLOR: titles of SITE replies are shown in bold. */
  isColoured?: boolean
  /** KiB a second of the last transfer; not said: there was none. */
  speedKib?: number
  /** Position of the last fact that this client caused. */
  position: number
}

/** Both bytes are in it. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export interface RunningTransfer {
  readonly plan: TransferPlan
  readonly isConnected: boolean
  readonly movedBytes: number
  /** Resolves when its last reply has been sent. */
  readonly over: Promise<void>
  /** The client has said something just now: it is alive. */
  heard(): void
  /** Ends it; resolves when its reply has been sent. */
  abort(reason: string): Promise<void>
}

/** What a command may know and do of the session that it came in on. It never writes to it. */
export interface CommandSession {
  readonly site: Site
  readonly readModels: ReadModels
  readonly login: GatewayDeps['login']
  /** For SITE commands: what the site's operations use, and what counts and logs their use. */
  readonly administration: GatewayDeps & AdministrationDeps
  readonly host: GatewayDeps['host']
  readonly now: () => number
  readonly limits: FtpLimits
  readonly bandwidth: Bandwidth
  readonly policies: SessionPolicies
  readonly connection: Connection
  readonly localAddress: string
  readonly remoteAddress: string
  readonly origin: Origin
  readonly isSecured: boolean
  readonly data: DataPort
  /** The client has gone, or has to go. */
  readonly isEnding: boolean
  readonly state: SessionState
  readonly transfer: RunningTransfer | undefined
  /** Who is logged in: only commands that need a login may ask. */
  caller(): SiteCaller
  /** A bouncer, from which this connection comes, says where its client is. */
  clientIsAt(address: string, ident: string): void
  /** The client has said ABOR, or has gone: what takes long may end. */
  readonly isGivenUp: boolean
  /**
   * Says lines of a reply whose last one is still to come, and has to have the same code.
   * Resolves when the client has taken enough of them to go on.
   */
  tell(code: number, ...lines: string[]): Promise<void>
  /** The path that an argument means; throws a `Refusal` for one that cannot be. */
  path(argument: string): SitePath
  /** Keeps in mind what this client has caused, so that it sees its own writes. */
  caused(receipt: Receipt | undefined): void
  /** For what went wrong after the client had its answer. */
  report(cause: unknown): void
  /** For a disk that fails: every client would say the same, so one line a second is logged. */
  reportDisk(cause: DiskTrouble): void
}

export interface FtpCommand {
  readonly needsLogin: boolean
  readonly minParams: 0 | 1
  /**
   * `runs`: answered while bytes move. `gives-up-waiting`: ends a transfer that waits for its
   * data connection. Default: waits for the transfer's end.
   */
  readonly duringTransfer?: 'runs' | 'gives-up-waiting'
  /** The argument's form, for HELP. */
  readonly help: string
  run(session: CommandSession, argument: string): Reply | Promise<Reply>
}

export type CommandTable = Readonly<Record<string, FtpCommand>>
