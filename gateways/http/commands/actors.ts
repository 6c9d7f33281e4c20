import { z } from 'zod'

import type { ActorState } from '#actors/kernel/host.ts'
import { type ActorRef, type Fact, NO_VERSION, streamOf } from '#events/fact.ts'
import { type Moment, readMoment } from '#events/moment.ts'
import { Refusal } from '#events/refusal.ts'
import { createGate } from '#gateways/kernel/gate.ts'
import { changesBetween, pathText } from '#gateways/kernel/state-changes.ts'

import { json } from '#gateways/http/codec.ts'
import { type HttpRequestContext, memberRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { defined, pageOf, paging, recordedFact } from '#gateways/http/query.ts'
import { iso, renderFact } from '#gateways/http/render.ts'

/** `12` a version, `@345` a position of the log, or a time in ISO 8601. */
const moment = z
  .string()
  .max(40)
  .transform((text, context): Moment => {
    const read = readMoment(text, { bare: 'version' })
    if (read) return read
    context.addIssue('a version, a position as @12, or a time in ISO 8601')
    return z.NEVER
  })

const NOW: Moment = { version: Number.MAX_SAFE_INTEGER }

/** Folding a long history costs about a second of this process. */
const pass = createGate({ running: 2, waiting: 50 })

const whole = z.number().int().nonnegative()

const actorPath = z.object({
  kind: z
    .string()
    .regex(/^[^-]{1,64}$/)
    .meta({ example: 'race' }),
  id: z.string().min(1).max(400),
})

/** An actor at a moment: where in its stream, and in the log. */
const place = z.object({
  kind: z.string(),
  id: z.string(),
  stream: z.string(),
  version: z.number().int().describe('of its last fact; -1 before the first'),
  position: whole.nullable(),
  at: z.iso.datetime().nullable(),
  state: z.unknown().describe('the value of its state machine'),
})

const stateQuery = z.object({ at: moment.default(NOW) })

/** An actor as it is in the log, now or at a moment. */
export const actorState = memberRoute({
  method: 'GET',
  pattern: '/api/v1/actors/:kind/:id',
  access: 'auditors',
  scope: 'audit',
  summary: 'An actor as it was at a moment',
  tags: ['audit'],
  parameters: actorPath,
  query: stateQuery,
  replies: {
    200: place.extend({ context: z.unknown() }).describe('the actor with all that it knows'),
  },
  async run(context) {
    const { at } = context.query
    const ref: ActorRef = context.parameters
    const state = await pass(() => context.deps.history.stateAt(ref, at))
    if (state.version === NO_VERSION) throw noSuchActor()
    return json({ ...(await renderState(context, ref, state)), context: state.context })
  },
})

const historyQuery = z.object({
  order: z.enum(['newest', 'oldest']).default('oldest'),
  ...paging,
  /** The version to begin with. */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
})

/** `{ items, next_cursor, version }`: the facts of an actor with their data, by pages. */
export const actorHistory = memberRoute({
  method: 'GET',
  pattern: '/api/v1/actors/:kind/:id/history',
  access: 'auditors',
  scope: 'audit',
  summary: 'The facts of an actor with their data',
  tags: ['audit'],
  parameters: actorPath,
  query: historyQuery,
  replies: { 200: pageOf(recordedFact).omit({ position: true }).extend({ version: whole }) },
  async run(context) {
    const { order, limit, cursor } = context.query
    const { log, history } = context.deps
    const ref: ActorRef = context.parameters
    const version = await history.versionAt(ref, NOW)
    if (version === NO_VERSION) throw noSuchActor()
    const direction = order === 'oldest' ? 'forwards' : 'backwards'
    const options = { direction, as: 'records', limit: limit + 1, from: cursor } as const
    const facts = await Array.fromAsync(log.readStream(streamOf(ref), defined(options)))
    const next = facts[limit]
    return json({
      items: facts.slice(0, limit).map(renderFact),
      next_cursor: next ? String(next.version) : null,
      version,
    })
  },
})

const differenceQuery = z.object({ from: moment, to: moment.default(NOW) })

/** Changes, and facts between the two, that are shown at most. */
const CHANGES = 1_000
const FACTS = 100

/** What has changed in an actor between two moments, and by which facts. */
export const actorDifference = memberRoute({
  method: 'GET',
  pattern: '/api/v1/actors/:kind/:id/diff',
  access: 'auditors',
  scope: 'audit',
  summary: 'What has changed in an actor between two moments',
  tags: ['audit'],
  parameters: actorPath,
  query: differenceQuery,
  replies: {
    200: z.object({
      from: place,
      to: place,
      changes: z.array(z.looseObject({ path: z.string() })),
      has_more_changes: z.boolean(),
      facts: z.array(recordedFact),
      has_more_facts: z.boolean(),
    }),
  },
  async run(context) {
    const { from, to } = context.query
    const { log, history } = context.deps
    const ref: ActorRef = context.parameters
    if ((await history.versionAt(ref, NOW)) === NO_VERSION) throw noSuchActor()
    const { before, after } = await pass(async () => ({
      before: await history.stateAt(ref, from),
      after: await history.stateAt(ref, to),
    }))
    const { changes, isCut } = changesBetween(before.context, after.context, CHANGES)
    const [first, last] = [before.version, after.version].toSorted((a, b) => a - b) as [
      number,
      number,
    ]
    const limit = Math.min(FACTS, last - first)
    const options = { from: first + 1, limit, as: 'records' } as const
    const facts: Fact[] =
      limit === 0 ? [] : await Array.fromAsync(log.readStream(streamOf(ref), options))
    return json({
      from: await renderState(context, ref, before),
      to: await renderState(context, ref, after),
      changes: changes.map((change) => ({ ...change, path: pathText(change.path) })),
      has_more_changes: isCut,
      facts: facts.map(renderFact),
      has_more_facts: last - first > FACTS,
    })
  },
})

/** Where an actor is, without its context. */
async function renderState({ deps }: HttpRequestContext, ref: ActorRef, state: ActorState) {
  const stream = streamOf(ref)
  const { version, value } = state
  let last: Fact | undefined
  if (version !== NO_VERSION) {
    for await (const fact of deps.log.readStream(stream, { from: version, limit: 1 })) last = fact
  }
  const { position = null, meta } = last ?? {}
  return { ...ref, stream, version, position, at: iso(meta?.at ?? null), state: value }
}

function noSuchActor(): Refusal {
  return new Refusal(HTTP_REFUSALS.notFound, 'There was no such actor at that moment.')
}
