import { catalogue } from '#events/catalogue.ts'
import { CATALOGUE_STREAM } from '#events/catalogue.facts.ts'
import type { Clock, Ids } from '#events/clock.ts'
import type { FactDefinitions } from '#events/define-facts.ts'
import { type EventLog, VersionConflict } from '#events/event-log.ts'
import { type Fact, isSystemStream, LOG_START, NO_VERSION } from '#events/fact.ts'
import { factId } from '#events/ids.ts'
import { entryOf } from '#events/records.ts'

/** Facts in a log that this veza cannot read without loss, by type and schema. */
export interface UnknownFacts {
  readonly type: string
  readonly schema: number
  /** The schema that this veza knows; undefined when it does not know the type at all. */
  readonly known: number | undefined
  readonly count: number
  readonly firstPosition: number
}

/** A newer veza has written to this log: an older one must not add to what it cannot read. */
export class LogFromTheFuture extends Error {
  readonly code = 'log-from-the-future'
  readonly facts: readonly UnknownFacts[]

  constructor(facts: readonly UnknownFacts[]) {
    const lines = facts.map(({ type, schema, known, count, firstPosition }) => {
      const here = known === undefined ? 'unknown here' : `${known} is the newest known here`
      return `  ${type}, schema ${schema} (${here}): ${count}, the first at position ${firstPosition}`
    })
    super(`the log holds facts of a newer veza; start that one:\n${lines.join('\n')}`)
    this.facts = facts
  }
}

type Schemas = Readonly<Record<string, number>>

/** What the notes in a log say of those who wrote to it, seen from this veza. */
interface Notes {
  /** The last note, if it is one of this very catalogue. */
  readonly isOwnLast: boolean
  /** Somebody who knows more has written, or nobody has said who did. */
  readonly mayHoldUnknown: boolean
  /** Up to here somebody with this very catalogue found nothing unknown. */
  readonly provenThrough: number
  readonly version: number
}

/** How often adopting is tried again when others of a cluster are adopting too. */
const ATTEMPTS = 10

/**
 * To be called before anything else is written: throws `LogFromTheFuture` when the log holds
 * facts that this code does not know, and otherwise notes in the log that this code writes to
 * it from now on.
 *
 * The log is looked through only when a veza that knows more has noted itself there, and only
 * after what an equal veza has proven before. An older and a newer veza may thus take turns, for
 * as long as the newer has recorded nothing new.
 */
export async function assertKnownFacts(
  log: EventLog,
  ids: Ids,
  clock: Clock,
  definitions: FactDefinitions = catalogue,
): Promise<void> {
  const own = schemasOf(definitions)
  for (let attempt = 1; ; attempt++) {
    const throughPosition = await log.head()
    const notes = await readNotes(log, own)
    await refuseUnknown(log, notes, definitions)
    if (notes.isOwnLast && !notes.mayHoldUnknown) return
    try {
      const id = ids.next()
      const at = clock.now()
      const origin = { by: null, connection: null, commandId: id, correlationId: id }
      const meta = { at, ...origin, causationId: null, schema: NOTE.schema }
      const data = { schemas: own, throughPosition }
      const fact = { id: factId(id, 0), type: NOTE.type, data, meta }
      const expected = notes.version === NO_VERSION ? 'no-stream' : notes.version
      await log.append(CATALOGUE_STREAM, [fact], expected)
      return
    } catch (cause) {
      if (!(cause instanceof VersionConflict) || attempt >= ATTEMPTS) throw cause
    }
  }
}

/** The same check for those who only read: notes nothing. */
export async function refuseNewerFacts(
  log: EventLog,
  definitions: FactDefinitions = catalogue,
): Promise<void> {
  await refuseUnknown(log, await readNotes(log, schemasOf(definitions)), definitions)
}

const NOTE = { type: 'catalogue.adopted', schema: 1 } as const

async function readNotes(log: EventLog, own: Schemas): Promise<Notes> {
  let version = NO_VERSION
  let isOwnLast = false
  let mayHoldUnknown = (await log.head()) > LOG_START
  let provenThrough = LOG_START
  let isFirst = true
  for await (const fact of log.readStream(CATALOGUE_STREAM, { as: 'records' })) {
    // Who wrote the first note had looked at all that was there before it.
    if (isFirst) mayHoldUnknown = false
    isFirst = false
    version = fact.version
    const note = noteOf(fact)
    isOwnLast = note !== undefined && isSame(note.schemas, own)
    if (isOwnLast) provenThrough = Math.max(provenThrough, note!.throughPosition)
    if (!note || knowsMore(note.schemas, own)) mayHoldUnknown = true
  }
  return { version, isOwnLast, mayHoldUnknown, provenThrough }
}

/** A note of a form that is newer than this code says that its writer is. */
function noteOf({ type, data, meta }: Fact) {
  if (type !== NOTE.type || meta.schema !== NOTE.schema) return undefined
  const parsed = catalogue[NOTE.type].data.safeParse(data)
  return parsed.success ? parsed.data : undefined
}

async function refuseUnknown(
  log: EventLog,
  { mayHoldUnknown, provenThrough }: Notes,
  definitions: FactDefinitions,
): Promise<void> {
  if (!mayHoldUnknown) return
  const found = new Map<string, UnknownFacts>()
  for await (const fact of log.readAll({ after: provenThrough, as: 'records' })) {
    const known = entryOf(definitions, fact.type)?.schema
    if (isReadable(fact, known)) continue
    const { type, position } = fact
    const { schema } = fact.meta
    const key = `${schema} ${type}`
    const { count = 0, firstPosition = position } = found.get(key) ?? {}
    found.set(key, { type, schema, known, count: count + 1, firstPosition })
  }
  if (found.size > 0) throw new LogFromTheFuture([...found.values()])
}

/** What other programs wrote through the door, and the log's own records, are nobody's facts. */
function isReadable({ stream, meta }: Fact, known: number | undefined): boolean {
  if (meta.foreign || isSystemStream(stream)) return true
  return known !== undefined && meta.schema <= known
}

function schemasOf(definitions: FactDefinitions): Schemas {
  const entries = Object.entries(definitions).map(([type, { schema }]) => [type, schema] as const)
  return Object.fromEntries(entries)
}

function knowsMore(other: Schemas, own: Schemas): boolean {
  return Object.entries(other).some(([type, schema]) => schema > (entryOf(own, type) ?? 0))
}

function isSame(one: Schemas, other: Schemas): boolean {
  return !knowsMore(one, other) && !knowsMore(other, one)
}
