import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import type { RaceSummary } from '#projections/read-models.ts'

import { json } from '#gateways/http/codec.ts'
import { memberRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { defined, pageOf, paging } from '#gateways/http/query.ts'
import { renderPage, renderRace, renderRaceDetail } from '#gateways/http/render.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime().nullable()

const raceShape = z
  .object({
    id: z.string(),
    section: z.string().meta({ example: 'incoming' }),
    release: z.string().meta({ example: 'Some.Release-GRP' }),
    state: z.enum(['open', 'complete', 'removed']),
    expected_files: count,
    files_done: count,
    bad_files: count,
    size_bytes: count,
    racers: count,
    leader: z.string().nullable(),
    created_at: time,
    started_at: time,
    completed_at: time,
    position: count,
  })
  .meta({ id: 'Race' })

const raceDetailShape = raceShape
  .extend({
    standings: z.array(
      z.object({
        member: z.string(),
        group: z.string().nullable(),
        files: count,
        size_bytes: count,
        duration_ms: count,
      }),
    ),
    files: z.array(
      z.object({
        file: z.string(),
        state: z.string(),
        member: z.string().nullable(),
        size_bytes: count.nullable(),
        crc32: z.string().nullable(),
        expected_crc32: z.string().nullable(),
        accepted_at: time,
      }),
    ),
  })
  .meta({ id: 'RaceDetail' })

/** `{ items, next_cursor, position }`, newest first. Hidden ones leave a page shorter. */
export const races = memberRoute({
  method: 'GET',
  pattern: '/api/v1/races',
  access: 'members',
  summary: 'Races, newest first',
  tags: ['races'],
  query: z.object({
    section: z.string().min(1).max(64).optional(),
    state: z.enum(['open', 'complete', 'removed']).optional(),
    ...paging,
  }),
  replies: { 200: pageOf(raceShape) },
  async run({ query, deps }, member) {
    const [page, view] = await Promise.all([
      deps.readModels.races(defined(query)),
      deps.policy.viewOf(member),
    ])
    const items = page.items.filter((race) => view.sees(pathOf(race)))
    return json(renderPage({ ...page, items }, renderRace))
  },
})

export const race = memberRoute({
  method: 'GET',
  pattern: '/api/v1/races/:id',
  access: 'members',
  summary: 'One race with its standings and files',
  tags: ['races'],
  parameters: z.object({ id: z.string().min(1).max(200) }),
  replies: { 200: raceDetailShape },
  async run({ parameters, deps }, member) {
    const [found, view] = await Promise.all([
      deps.readModels.race(parameters.id),
      deps.policy.viewOf(member),
    ])
    if (!found || !view.sees(pathOf(found))) {
      throw new Refusal(HTTP_REFUSALS.notFound, 'There is no such race.')
    }
    const files = found.files.filter(({ file }) => view.sees(`${pathOf(found)}/${file}`))
    return json(renderRaceDetail({ ...found, files }))
  },
})

/** Where the release of a race is on the site. */
function pathOf({ section, release }: Pick<RaceSummary, 'section' | 'release'>): string {
  return `/${section}/${release}`
}
