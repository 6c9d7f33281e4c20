import type { RaceContext } from '#actors/race/race.commands.ts'
import type { RequestContext } from '#actors/request/request.commands.ts'
import type { EventLog } from '#events/event-log.ts'
import type { AuditEntry } from '#projections/read-models.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'

/** An entry of the audit with what a person asks next: where it was, and what it says. */
export interface LogLine extends AuditEntry {
  /** The path of a race's release, the name of what was asked for. */
  readonly place: string | null
  readonly words: string | null
}

const WORDS_CHARACTERS = 120
/** What a person looks for stands before sizes and checksums. */
const FIRST = ['file', 'name', 'reason', 'words']
/** What is sealed tells nobody anything, and ids belong to machines. */
const UNTOLD = /^v\d+\.|^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** The entries with their facts, which are in the log alone. */
export async function told(
  session: CommandSession,
  entries: readonly AuditEntry[],
): Promise<LogLine[]> {
  const streams = [...new Set(entries.map(({ stream }) => stream))]
  const places = new Map(
    await Promise.all(streams.map(async (of) => [of, await placeOf(session, of)] as const)),
  )
  return await Promise.all(
    entries.map(async (entry) => ({
      ...entry,
      place: places.get(entry.stream) ?? null,
      words: wordsOf(await dataOf(session.administration.log, entry)),
    })),
  )
}

/** What is known by an id is told by what it is about. */
async function placeOf({ host }: CommandSession, stream: string): Promise<string | null> {
  const [kind = '', ...rest] = stream.split('-')
  const id = rest.join('-')
  if (kind === 'race') {
    const { context } = await host.state<RaceContext>({ kind, id })
    return `/${context.section}/${context.release}`
  }
  if (kind !== 'request') return null
  return (await host.state<RequestContext>({ kind, id })).context.name
}

/** Undefined for what the log no longer shows. */
async function dataOf(log: EventLog, { stream, version, position }: AuditEntry): Promise<unknown> {
  for await (const fact of log.readStream(stream, { from: version, limit: 1, as: 'records' })) {
    if (fact.position === position) return fact.data
  }
  return undefined
}

/** The plain values of a fact by their names: `file a.rar, reason crc-mismatch`. */
function wordsOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null
  const first = Object.fromEntries(FIRST.flatMap((name) => (name in data ? [[name, null]] : [])))
  const words = Object.entries({ ...first, ...data }).flatMap(([name, value]) => {
    const text = plain(value)
    return text === undefined ? [] : [`${name} ${text}`]
  })
  if (words.length === 0) return null
  const all = words.join(', ')
  if (all.length <= WORDS_CHARACTERS) return all
  return `${Array.from(all)
    .slice(0, WORDS_CHARACTERS - 1)
    .join('')}…`
}

function plain(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const texts = value.map(plain).filter((text) => text !== undefined)
    return texts.length === 0 ? undefined : texts.join(' ')
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' && !UNTOLD.test(value) ? value : undefined
}
