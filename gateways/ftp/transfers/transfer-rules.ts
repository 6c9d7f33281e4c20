import type { SiteDemand } from '#actors/policy/actions.ts'

import type { FtpLine } from '#gateways/ftp/codec.ts'
import type { CommandSession } from '#gateways/ftp/command.ts'
import { type FxpPolicy, narrowed } from '#gateways/ftp/transfers/foreign-peers.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

interface Way {
  readonly demand: SiteDemand
  /** The connection that carries what the verb is about. */
  readonly by: 'data' | 'control'
}

const LISTING: Way = { demand: 'require-tls-listing', by: 'data' }
const STATUS: Way = { demand: 'require-tls-listing', by: 'control' }
const FILE: Way = { demand: 'require-tls-data', by: 'data' }

const WAYS: Readonly<Record<string, Way>> = {
  LIST: LISTING,
  NLST: LISTING,
  MLSD: LISTING,
  MLST: STATUS,
  STAT: STATUS,
  RETR: FILE,
  STOR: FILE,
  APPE: FILE,
  STOU: FILE,
}

/**
 * What the site demands of this member before a listing or a file moves; undefined: nothing more
 * than there is. PRET is answered as the transfer that it announces. RFC 4217 has 522 for a data
 * connection without the protection that is needed, RFC 2228 has 534 for the policy's refusals.
 */
export async function refusedInClear(
  session: CommandSession,
  line: Extract<FtpLine, { kind: 'command' }>,
): Promise<Reply | undefined> {
  if (!session.connection.member) return undefined
  const isAnnounced = line.verb === 'PRET'
  const [verb = ''] = isAnnounced ? line.argument.trim().toUpperCase().split(' ') : [line.verb]
  const way = Object.hasOwn(WAYS, verb) ? WAYS[verb] : undefined
  if (!way || (verb === 'STAT' && line.argument.trim() === '')) return undefined
  const { isSecured, state, administration } = session
  if (way.by === 'control' ? isSecured : state.isDataProtected) return undefined
  const view = await administration.policy.viewOf(session.caller().member)
  if (!view.demands(way.demand)) return undefined
  return way.by === 'control'
    ? reply(534, 'You list directories over TLS alone: say AUTH TLS first.')
    : reply(522, 'You do that over TLS alone: say AUTH TLS, PBSZ 0 and PROT P first.')
}

/** What may go between this site and another one at this member's word. */
export async function fxpOf(session: CommandSession): Promise<FxpPolicy> {
  const { policies, administration } = session
  if (policies.fxp === 'none') return 'none'
  const view = await administration.policy.viewOf(session.caller().member)
  return narrowed(policies.fxp, {
    upload: view.ask({ action: 'fxp-upload' }).isAllowed,
    download: view.ask({ action: 'fxp-download' }).isAllowed,
  })
}

/** Opens a data connection that may then lead to another site. */
export function movesFiles(verb: string): boolean {
  return WAYS[verb] === FILE
}
