import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { json } from '#gateways/http/codec.ts'
import type { MemberRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { defined, paging, readQuery } from '#gateways/http/query.ts'
import { renderPage, renderRace, renderRaceDetail } from '#gateways/http/render.ts'

const racesQuery = z.object({
  section: z.string().min(1).max(64).optional(),
  state: z.enum(['open', 'complete', 'removed']).optional(),
  ...paging,
})

/** `{ items, next_cursor, position }`, newest first. */
export const races: MemberRoute = {
  pattern: '/api/v1/races',
  access: 'members',
  async run({ call, deps }) {
    const query = readQuery(racesQuery, call.query)
    return json(renderPage(await deps.readModels.races(defined(query)), renderRace))
  },
}

export const race: MemberRoute = {
  pattern: '/api/v1/races/:id',
  access: 'members',
  async run({ call, deps }) {
    const id = call.parameter
    const found = id === undefined ? undefined : await deps.readModels.race(id)
    if (!found) throw new Refusal(HTTP_REFUSALS.notFound, 'There is no such race.')
    return json(renderRaceDetail(found))
  },
}
