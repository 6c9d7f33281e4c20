import type { Logger } from 'pino'

import { MasterKeyTrouble, memberSubject, SealBroken, type Seals } from '#events/seals.ts'
import type { Member } from '#gateways/kernel/login.ts'
import type { Policy } from '#gateways/members/policy.ts'

/** Where members come from, as one request shows it. */
export interface Remotes {
  /**
   * `address:port`; null when it is not known, may not be shown, or was sealed with a key that
   * is gone or does not fit: an address that cannot be read keeps nobody from reading the rest.
   */
  of(account: string | null, sealed: string | null): Promise<string | null>
}

export interface RemotesDeps {
  readonly seals: Seals
  readonly logger: Logger
  readonly policy: Policy
}

/** The field that addresses are sealed as, see `connection.authenticated`. */
const FIELD = 'remote'

const HIDDEN: Remotes = { of: async () => null }

/**
 * For one request of a member who may `see-addresses`; others see none. The same address is opened once, and
 * trouble is logged once.
 */
export async function remotesFor(
  member: Member,
  { seals, logger, policy }: RemotesDeps,
): Promise<Remotes> {
  if (!(await policy.ask(member, { action: 'see-addresses' })).isAllowed) return HIDDEN
  const opened = new Map<string, Promise<string | null>>()
  let isTold = false

  async function open(account: string, sealed: string): Promise<string | null> {
    try {
      return (await seals.unseal(memberSubject(account), FIELD, sealed)) ?? null
    } catch (cause) {
      if (!(cause instanceof SealBroken) && !(cause instanceof MasterKeyTrouble)) throw cause
      if (!isTold) logger.warn({ err: cause, account }, 'a sealed address cannot be opened')
      isTold = true
      return null
    }
  }

  return {
    async of(account, sealed) {
      if (account === null || sealed === null) return null
      const key = `${account} ${sealed}`
      const before = opened.get(key)
      if (before) return await before
      const opening = open(account, sealed)
      opened.set(key, opening)
      return await opening
    },
  }
}
