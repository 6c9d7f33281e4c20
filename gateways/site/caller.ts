import type { CommandContext } from '#actors/kernel/host.ts'

import type { Connection } from '#gateways/kernel/connection.ts'
import type { Member, Origin } from '#gateways/kernel/login.ts'

/** Who asks the site for something. */
export interface SiteCaller {
  readonly member: Member
  /** The context of a command of theirs, with a fresh command id. */
  context(): CommandContext
  /** Where they come from, for the operator's scripts. */
  readonly origin?: Pick<Origin, 'address' | 'ident'>
  /** KiB a second of the last transfer of their session. */
  readonly speedKib?: number | undefined
}

/** The caller behind a connection, or undefined when nobody is logged in. */
export function callerOf(connection: Connection): SiteCaller | undefined {
  const { member } = connection
  return member && { member, context: () => connection.context() }
}
