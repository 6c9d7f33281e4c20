import { z } from 'zod'

const name = z.string().min(1).max(64)

export const identityCommands = z.discriminatedUnion('type', [
  /** Refused with `identity-taken` when another account has it. */
  z.object({ type: z.literal('identity.claim'), provider: name, account: name }),
  /** Changes nothing when that account does not have it. */
  z.object({ type: z.literal('identity.release'), account: name }),
])

export type IdentityCommand = z.output<typeof identityCommands>

export const IDENTITY_REFUSALS = { identityTaken: 'identity-taken' } as const

/** State values: `free`, `claimed`. */
export interface IdentityContext {
  provider: string
  /** Empty when it is free. */
  account: string
}
