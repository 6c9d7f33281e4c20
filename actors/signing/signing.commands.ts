import { z } from 'zod'

import type { SigningKey } from '#events/signing-book.ts'
import { signingFacts } from '#events/signing.facts.ts'

const { shape: key } = signingFacts['signing.key-added'].data

export const signingCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('signing.add-key'),
    ...key,
    after: key.kid.nullable().describe('the newest key in force that the sender knows of'),
  }),
  z.object({ type: z.literal('signing.retire-key'), kid: key.kid }),
])

export type SigningCommand = z.output<typeof signingCommands>

export const SIGNING_REFUSALS = {
  /** Keys are the site's own business; siteops may retire one. */
  notYours: 'not-yours',
  /** Another process has added a key since: field `newest`. */
  superseded: 'signing-key-superseded',
  /** Field `kid`. */
  keyExists: 'signing-key-exists',
  invalidKey: 'signing-key-invalid',
  tooManyKeys: 'signing-too-many-keys',
} as const

/** Keys in force at the same time: an old one, the present one and the next, with room. */
export const SIGNING_KEY_LIMIT = 16

/** What gateways may know of the signing keys. */
export interface SigningContext {
  /** Those in force, oldest first. */
  keys: SigningKey[]
}
