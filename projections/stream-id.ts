import { type Fact, refOf } from '#events/fact.ts'

/** Id of the actor that a fact is of: what its stream is named after. */
export function idOf({ stream }: Pick<Fact, 'stream'>): string {
  return refOf(stream)?.id ?? ''
}
