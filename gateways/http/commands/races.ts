import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import { RELEASE_KINDS } from '#events/release-kind.ts'
import { seenPage } from '#gateways/site/releases/seen-page.ts'
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
    kind: z.enum(RELEASE_KINDS),
    has_nfo: z.boolean(),
    has_sfv: z.boolean(),
    has_sample: z.boolean(),
    expected_files: count,
    files_done: count,
    bad_files: count,
    size_bytes: count,
    racers: count,
    leader: z.string().nullable(),
    created_at: time,
    started_at: time,
    completed_at: time,
    nuked_at: time.describe('while it is nuked'),
    nuker: z.string().nullable(),
    nuke_multiplier: count.nullable(),
    nuke_reason: z.string().nullable(),
    published_at: time,
    published_by: z.string().nullable().describe('the group'),
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
    zips: z.array(z.object({ folder: z.string(), expected_files: count, files: count })),
    audio: z
      .object({
        artist: z.string().nullable(),
        album: z.string().nullable(),
        genre: z.string().nullable(),
        year: count.nullable(),
        codec: z.string().nullable(),
        kbps: count.nullable(),
        is_vbr: z.boolean(),
        sample_rate_hz: count.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'RaceDetail' })

/** `{ items, next_cursor, position }`, newest first. What is hidden is as what is not there. */
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
    const view = await deps.policy.viewOf(member)
    const asked = defined(query)
    const { section } = query
    const page = await seenPage(
      asked,
      (place) => deps.readModels.races({ ...asked, ...place }),
      (race) => view.sees(pathOf(race)),
      section === undefined || view.sees(`/${section}`),
    )
    return json(renderPage(page, renderRace))
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
    const isSeen = (path: string) => view.sees(`${pathOf(found)}/${path}`)
    const files = found.files.filter(({ file }) => isSeen(file))
    const zips = found.zips.filter(({ folder }) => folder === '' || isSeen(folder))
    return json(renderRaceDetail({ ...found, files, zips }))
  },
})

/** Where the release of a race is on the site. */
function pathOf({ section, release }: Pick<RaceSummary, 'section' | 'release'>): string {
  return `/${section}/${release}`
}
