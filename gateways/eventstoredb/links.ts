import { type Fact, type FactMeta, NO_VERSION } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'

import type { Door } from '#gateways/eventstoredb/command.ts'

/** A record as it is answered: with the link by which it was found, or a link alone. */
export interface Found {
  readonly event?: Fact
  readonly link?: Fact
}

export const LINK_TYPE = '$>'
const CATEGORY_PREFIX = '$ce-'

/** The kind that a category stream collects; undefined for any other stream. */
export function categoryOf(stream: string): string | undefined {
  const kind = stream.startsWith(CATEGORY_PREFIX) ? stream.slice(CATEGORY_PREFIX.length) : ''
  return kind === '' ? undefined : kind
}

/**
 * The link that stands for a fact in its category's stream. Nothing of it is recorded: it is made
 * from the log's index of kinds. Its revision is the fact's position, which rises with gaps.
 */
export function categoryLink(kind: string, fact: Fact): Fact {
  return {
    id: derivedId('category-link', fact.id),
    stream: `${CATEGORY_PREFIX}${kind}`,
    version: fact.position,
    position: fact.position,
    type: LINK_TYPE,
    data: Buffer.from(`${fact.version}@${fact.stream}`).toString('base64'),
    meta: linkMeta(fact.meta),
  }
}

export function linkMeta(meta: FactMeta): FactMeta {
  return { ...meta, foreign: { contentType: 'application/octet-stream', metadata: '' } }
}

/** Where a link points: `version@stream` in its data; undefined when it is none. */
export function targetOf(record: Fact): { version: number; stream: string } | undefined {
  if (record.type !== LINK_TYPE || typeof record.data !== 'string') return undefined
  const isOctets = record.meta.foreign?.contentType === 'application/octet-stream'
  const text = isOctets ? Buffer.from(record.data, 'base64').toString('utf8') : record.data
  const at = text.indexOf('@')
  const version = at > 0 ? Number(text.slice(0, at)) : NO_VERSION
  if (!Number.isSafeInteger(version) || version < 0) return undefined
  return { version, stream: text.slice(at + 1) }
}

export async function findRecord(
  log: Door['log'],
  { version, stream }: { readonly version: number; readonly stream: string },
): Promise<Fact | undefined> {
  const read = log.readStream(stream, { from: version, limit: 1, as: 'records' })
  for await (const record of read) return record.version === version ? record : undefined
  return undefined
}

/** A link with what it points to, as far as that is there and may be read. */
export async function resolveLink(
  log: Door['log'],
  record: Fact,
  mayRead: (stream: string) => Promise<boolean>,
): Promise<Found> {
  const target = targetOf(record)
  if (!target) return { event: record }
  if (!(await mayRead(target.stream))) return { link: record }
  const event = await findRecord(log, target)
  return event ? { event, link: record } : { link: record }
}
