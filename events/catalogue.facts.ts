import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** The log's own notes of which veza has written to it; they lie in one stream. */
export const catalogueFacts = {
  /** A veza that knows facts of these types, up to these schemas, writes from now on. */
  'catalogue.adopted': fact(
    1,
    z.object({
      schemas: z.record(z.string(), z.number().int().positive()),
      throughPosition: z
        .number()
        .int()
        .nonnegative()
        .describe('up to here the log holds nothing that this veza does not know'),
    }),
  ),
}

/** Where those notes lie. */
export const CATALOGUE_STREAM = 'catalogue-veza'

export type CatalogueFact = FactOf<typeof catalogueFacts>
export type CatalogueDecided = DecidedOf<typeof catalogueFacts>
