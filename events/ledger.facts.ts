import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const bytes = z.number().int().nonnegative()

/** Why credits came or went, with what it was about. */
export const ledgerCause = z.object({
  kind: z.enum([
    'upload',
    'download',
    'gift',
    'taken',
    'nuke',
    'unnuke',
    'deletion',
    'request',
    'adjustment',
    'import',
  ]),
  /** The fact that it follows from. */
  fact: z.string().optional(),
  race: z.string().optional(),
  file: z.string().optional(),
  /** The other member: of a gift, who gave or got it. */
  member: z.string().optional(),
  note: z.string().optional(),
})
export type LedgerCause = z.output<typeof ledgerCause>

/**
 * A member's credits. Each line's number is its version in the stream; a balance is the sum of
 * its section's lines since the last `ledger.allotted`, and what that one says.
 */
export const ledgerFacts = {
  'ledger.credited': fact(1, z.object({ section: z.string(), bytes, cause: ledgerCause })),
  'ledger.debited': fact(1, z.object({ section: z.string(), bytes, cause: ledgerCause })),
  /** What a line did is undone, wholly or in part: `bytes` of it, in the other direction. */
  'ledger.reversed': fact(
    1,
    z.object({
      line: bytes,
      section: z.string(),
      bytes,
      wasCredit: z.boolean(),
      cause: ledgerCause,
    }),
  ),
  /** The week's allotment: it takes the place of the balance, whatever that was. */
  'ledger.allotted': fact(
    1,
    z.object({ section: z.string(), bytes, balanceBefore: z.number().int() }),
  ),
  /** Credits per byte of an upload. 0: a leech, who neither earns nor pays. */
  'ledger.ratio-set': fact(1, z.object({ section: z.string(), ratio: z.number().nonnegative() })),
  'ledger.allotment-set': fact(1, z.object({ section: z.string(), bytes: bytes.nullable() })),
}

export type LedgerFact = FactOf<typeof ledgerFacts>
export type LedgerDecided = DecidedOf<typeof ledgerFacts>
