import {
  ACCOUNT_LIMITS,
  ACCOUNT_REFUSALS,
  type AccountCommand,
  type AccountContext,
} from '#actors/account/account.commands.ts'
import type { AccountDecided } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

export type AccountCommandOf<T extends AccountCommand['type']> = Extract<
  AccountCommand,
  { type: T }
>

/** What an account that is there does with each of some commands. */
export type AccountDecisions<T extends AccountCommand['type']> = {
  [K in T]: (account: Readonly<AccountContext>, command: AccountCommandOf<K>) => AccountDecided[]
}

/** Throws the `Refusal` `too-many` when an account has as many of something as it may. */
export function assertRoom(what: keyof typeof ACCOUNT_LIMITS, has: object): void {
  const limit = ACCOUNT_LIMITS[what]
  if (Object.keys(has).length < limit) return
  const words = `A member has at most ${limit} ${what}.`
  throw new Refusal(ACCOUNT_REFUSALS.tooMany, words, { what, limit })
}
