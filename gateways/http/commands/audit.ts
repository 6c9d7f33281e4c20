import { z } from 'zod'

import { subjectOf } from '#events/audit-subject.ts'
import type { EventLog } from '#events/event-log.ts'
import { type Fact, isSystemStream } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { createFactGateways } from '#gateways/kernel/fact-gateways.ts'
import { searchFacts } from '#gateways/kernel/fact-query.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'
import type { AuditEntry, AuditQuery } from '#projections/read-models.ts'

import { json } from '#gateways/http/codec.ts'
import { memberRoute } from '#gateways/http/command.ts'
import { defined, pageOf, paging, recordedFact } from '#gateways/http/query.ts'
import {
  renderAuditEntry,
  renderAuditOrigin,
  renderFact,
  renderPage,
} from '#gateways/http/render.ts'

/** A moment as ISO 8601, with its offset. */
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const position = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const auditQuery = z.object({
  stream: z.string().min(1).max(400).optional(),
  kind: z.string().min(1).max(64).optional(),
  member: z.string().min(1).max(64).optional(),
  whom: z.string().min(1).max(64).optional(),
  gateway: z.string().min(1).max(32).optional(),
  command: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64).optional(),
  correlation: z.string().min(1).max(64).optional(),
  from: time.optional(),
  to: time.optional(),
  after: position.optional(),
  before: position.optional(),
  order: z.enum(['newest', 'oldest']).optional(),
  // The names that these had at first.
  correlation_id: z.string().min(1).max(64).optional(),
  since: time.optional(),
  until: time.optional(),
  ...paging,
})

/** What the log no longer shows has no `id`, `schema` and `data`. */
const auditShape = recordedFact
  .partial({ id: true, schema: true, data: true })
  .extend({
    subject: z.string().nullable().describe('the member to whom it was done'),
    gateway: z.string().nullable().describe('by which it came in'),
    method: z.string().nullable().describe('how the one on that connection had logged in'),
    from: z
      .string()
      .nullable()
      .describe('address and port, for those who run the site; null once a member is forgotten'),
  })
  .meta({ id: 'AuditEntry' })

/**
 * `{ items, next_cursor, position }`: facts with their data. The read model finds them, which has
 * an index for each question; the log tells what they say.
 */
export const audit = memberRoute({
  method: 'GET',
  pattern: '/api/v1/audit',
  access: 'auditors',
  scope: 'audit',
  summary: 'Who did what to whom, from where, when and over which gateway',
  tags: ['audit'],
  query: auditQuery,
  replies: { 200: pageOf(auditShape) },
  async run({ query, deps }, member) {
    const { correlation, from, to, correlation_id, whom, command, ...rest } = query
    const asked = defined({
      ...rest,
      member: rest.member?.toLowerCase(),
      subject: whom?.toLowerCase(),
      commandId: command,
      correlationId: correlation ?? correlation_id,
      since: from ?? rest.since,
      until: to ?? rest.until,
    })
    const { stream } = asked
    if (stream !== undefined && isSystemStream(stream)) {
      return json(await systemRecords(deps.log, { ...asked, stream }))
    }
    const page = await deps.readModels.audit(asked)
    const remotes = await remotesFor(member, deps)
    const items = await Promise.all(
      page.items.map(async (entry) => ({
        ...(await recorded(deps.log, entry)),
        ...(await renderAuditOrigin(entry, remotes)),
      })),
    )
    return json(renderPage({ ...page, items }, (item) => item))
  },
})

/**
 * The log's own records, such as who has hidden what of a stream: no read model has them. Such
 * a stream is short.
 */
async function systemRecords(log: EventLog, asked: AuditQuery & { readonly stream: string }) {
  const { limit, order, cursor, type, kind, correlationId, since, until, ...others } = asked
  const { subject: whom, commandId: command, ...query } = others
  const direction = order === 'oldest' ? 'forwards' : 'backwards'
  const start = direction === 'forwards' ? 'after' : 'before'
  const searched = defined({
    ...query,
    ...(cursor !== undefined && { [start]: positionOf(cursor) }),
    types: type === undefined ? undefined : [type],
    kinds: kind === undefined ? undefined : [kind],
    whom,
    command,
    correlation: correlationId,
    from: since,
    to: until,
  })
  const found: Fact[] = []
  const gateways = createFactGateways(log)
  for await (const fact of searchFacts(log, searched, { direction, gateways })) {
    if (found.push(fact) > limit) break
  }
  const items = await Promise.all(
    found.slice(0, limit).map(async (fact) => ({
      ...renderFact(fact),
      subject: subjectOf(fact),
      gateway: await gateways.of(fact),
      method: null,
      from: null,
    })),
  )
  const next_cursor = found.length > limit ? String(items.at(-1)!.position) : null
  return { items, next_cursor, position: await log.head() }
}

function positionOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new Refusal('invalid-cursor', 'That cursor is none of this list.')
}

/** The fact itself. What the log no longer shows keeps its entry, and has no data. */
async function recorded(log: EventLog, entry: AuditEntry) {
  const options = { from: entry.version, limit: 1, as: 'records' } as const
  for await (const fact of log.readStream(entry.stream, options)) {
    if (fact.position === entry.position) return renderFact(fact)
  }
  return renderAuditEntry(entry)
}
