import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** Lines that members write for everybody. */
export const boardFacts = {
  'board.line-added': fact(1, z.object({ text: z.string().max(120) })),
}

export type BoardFact = FactOf<typeof boardFacts>
export type BoardDecided = DecidedOf<typeof boardFacts>
