import { type Fact, refOf } from '#events/fact.ts'

/** Streams of one account each, whose id is the account's. */
const ACCOUNT_KINDS: ReadonlySet<string> = new Set(['account', 'ledger', 'mailbox', 'presence'])

/** As `lockoutOfAccount` names the failed logins of an account. */
const LOCKOUT_OF_ACCOUNT = 'account_'

/** No member's name is longer; another program's event may hold anything under the same name. */
const NAME_CHARACTERS = 64

/**
 * To whom a fact was done: the account whose stream it is in, or else the one that its data
 * names as `member` or `account`; null where it is about nobody in particular.
 */
export function subjectOf({ stream, data }: Pick<Fact, 'stream' | 'data'>): string | null {
  const ref = refOf(stream)
  if (ref && ACCOUNT_KINDS.has(ref.kind)) return nameOf(ref.id)
  if (ref?.kind === 'lockout') {
    const isOfAccount = ref.id.startsWith(LOCKOUT_OF_ACCOUNT)
    return isOfAccount ? nameOf(ref.id.slice(LOCKOUT_OF_ACCOUNT.length)) : null
  }
  if (typeof data !== 'object' || data === null) return null
  const { member, account } = data as { readonly member?: unknown; readonly account?: unknown }
  return nameOf(member) ?? nameOf(account)
}

function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  return value !== '' && value.length <= NAME_CHARACTERS ? value : null
}
