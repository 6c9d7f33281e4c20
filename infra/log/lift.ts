import { catalogue } from '#events/catalogue.ts'
import { upcast } from '#events/define-facts.ts'
import { AppendRefused, type ReadAs } from '#events/event-log.ts'
import { type Fact, isSystemStream, type NewFact } from '#events/fact.ts'
import { entryOf } from '#events/records.ts'

/** A recorded fact in its current shape. What the catalogue does not know is left as it is. */
export function lift(recorded: Fact): Fact {
  return Object.hasOwn(catalogue, recorded.type) ? upcast(catalogue, recorded) : recorded
}

/** A record as a reader of this kind gets it. */
export function presented(recorded: Fact, as: ReadAs = 'facts'): Fact {
  return as === 'facts' ? lift(recorded) : recorded
}

/** Whether a reader of the whole log wants to see a stream. */
export function isShown(stream: string, as: ReadAs = 'facts'): boolean {
  return as === 'records' || !isSystemStream(stream)
}

/** Throws `AppendRefused` for a fact that this program could not read again. */
export function assertReadable(fact: NewFact): void {
  const definition = entryOf<{ readonly schema: number }>(catalogue, fact.type)
  if (definition && fact.meta.schema > definition.schema) {
    throw new AppendRefused(
      `${fact.type} has schema ${fact.meta.schema}, this veza knows ${definition.schema}`,
    )
  }
}
