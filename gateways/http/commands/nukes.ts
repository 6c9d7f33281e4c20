import { z } from 'zod'

import { json } from '#gateways/http/codec.ts'
import { memberRoute } from '#gateways/http/command.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime()

const nukeShape = z
  .object({
    race: z.string(),
    section: z.string(),
    release: z.string().describe('what it is called now'),
    name: z.string().describe('what it was called before'),
    nuker: z.string(),
    at: time,
    multiplier: count,
    reason: z.string(),
    files: count,
    size_bytes: count,
    nukees: z.array(
      z.object({ member: z.string(), group: z.string(), files: count, size_bytes: count }),
    ),
    undone: z.object({ by: z.string(), at: time, reason: z.string() }).nullable(),
  })
  .meta({ id: 'Nuke' })

const requestShape = z
  .object({
    name: z.string(),
    section: z.string().nullable(),
    state: z.enum(['open', 'filled', 'withdrawn']),
    made_by: z.string(),
    made_at: time,
    ended_by: z.string().nullable(),
    ended_at: time.nullable(),
    path: z.string().nullable().describe('of the release that fills it'),
  })
  .meta({ id: 'Request' })

const limit = z.coerce.number().int().min(1).max(200).default(50)

/** Looked through for those that the member may see. */
const LOOKED_THROUGH = 1_000

export const nukes = memberRoute({
  method: 'GET',
  pattern: '/api/v1/nukes',
  access: 'members',
  summary: 'Nukes that stand, or were undone, newest first',
  tags: ['races'],
  query: z.object({ limit, undone: z.enum(['true', 'false']).default('false') }),
  replies: { 200: z.object({ items: z.array(nukeShape) }) },
  async run({ query, deps }, member) {
    const asked = { isUndone: query.undone === 'true', limit: LOOKED_THROUGH }
    const [found, view] = await Promise.all([
      deps.readModels.nukes(asked),
      deps.policy.viewOf(member),
    ])
    const seen = found.filter(({ section, release, name }) =>
      [release, name].every((each) => view.sees(`/${section}/${each}`)),
    )
    const items = seen.slice(0, query.limit).map((nuke) => ({
      race: nuke.race,
      section: nuke.section,
      release: nuke.release,
      name: nuke.name,
      nuker: nuke.nuker,
      at: iso(nuke.at),
      multiplier: nuke.multiplier,
      reason: nuke.reason,
      files: nuke.files,
      size_bytes: nuke.sizeBytes,
      nukees: nuke.nukees.map(({ sizeBytes, ...nukee }) => ({ ...nukee, size_bytes: sizeBytes })),
      undone:
        nuke.unnukedAt === null
          ? null
          : { by: nuke.unnuker ?? '', at: iso(nuke.unnukedAt), reason: nuke.unnukeReason ?? '' },
    }))
    return json({ items })
  },
})

export const requests = memberRoute({
  method: 'GET',
  pattern: '/api/v1/requests',
  access: 'members',
  summary: 'What members ask for, newest first',
  tags: ['races'],
  query: z.object({ limit, state: z.enum(['open', 'filled', 'withdrawn']).default('open') }),
  replies: { 200: z.object({ items: z.array(requestShape) }) },
  async run({ query, deps }, member) {
    const [found, view] = await Promise.all([
      deps.readModels.requests(query),
      deps.policy.viewOf(member),
    ])
    const items = found.map((request) => ({
      name: request.name,
      section:
        request.section !== null && view.sees(`/${request.section}`) ? request.section : null,
      state: request.state,
      made_by: request.madeBy,
      made_at: iso(request.madeAt),
      ended_by: request.endedBy,
      ended_at: request.endedAt === null ? null : iso(request.endedAt),
      path: request.path !== null && view.sees(request.path) ? request.path : null,
    }))
    return json({ items })
  },
})

function iso(at: number): string {
  return new Date(at).toISOString()
}
