import { z } from 'zod'

/** Letters, digits, `_` and `-`, 1 to 24 of them, the first a letter or digit. */
export const memberName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$/, '1 to 24 letters, digits, _ and -')
export const groupName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, '1 to 32 letters, digits, _ and -')
/** glFTPd's flags: digits 1-8 and letters A-N. */
export const flagLetters = z.string().regex(/^[1-8A-N]*$/, 'digits 1 to 8 and letters A to N')

export const accountCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('account.create'),
    name: memberName,
    group: groupName,
    flags: flagLetters,
    /** Id of the secret in the vault that holds the password's hash. */
    credential: z.uuid(),
  }),
  z.object({ type: z.literal('account.set-password'), credential: z.uuid() }),
])

export type AccountCommand = z.output<typeof accountCommands>

export const ACCOUNT_REFUSALS = {
  accountExists: 'account-exists',
  noSuchAccount: 'no-such-account',
} as const

/** The id of the account with this name: names that differ in case alone are one account. */
export function accountId(name: string): string {
  return name.toLowerCase()
}

/** What gateways and the login may know of an account. */
export interface AccountContext {
  name: string
  group: string
  flags: string
  /** Key of the current password's hash in the vault, below `credential:`. */
  credential: string
}
