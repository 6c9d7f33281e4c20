import { z } from 'zod'

import { seenReleases } from '#gateways/site/releases/dirlog.ts'
import type { ReleaseEntry } from '#projections/release-models.ts'

import { json } from '#gateways/http/codec.ts'
import { memberRoute, type Route } from '#gateways/http/command.ts'
import { defined, pageOf, paging } from '#gateways/http/query.ts'
import { iso, renderPage } from '#gateways/http/render.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime().nullable()

const releaseShape = z
  .object({
    id: z.string().describe('of its race'),
    section: z.string().meta({ example: 'incoming' }),
    name: z.string().meta({ example: 'Some.Release-GRP' }),
    maker: z.string().nullable(),
    files: count,
    size_bytes: count,
    created_at: time,
    completed_at: time,
    is_nuked: z.boolean(),
    published_at: time.describe('when its group has published it'),
    gone_at: time,
    gone: z.enum(['removed', 'wiped']).nullable().describe('null: it is here'),
  })
  .meta({ id: 'Release' })

const query = z.object({
  q: z
    .string()
    .max(200)
    .optional()
    .describe('words that the name has, all of them, whatever their case'),
  section: z.string().min(1).max(64).optional(),
  here: z.enum(['true', 'false']).default('false').describe('only what has not gone'),
  ...paging,
})

/** Newest first. */
const releases = memberRoute({
  method: 'GET',
  pattern: '/api/v1/releases',
  access: 'members',
  scope: 'read',
  summary: 'Every release that ever was, newest first, searched by words of its name',
  tags: ['releases'],
  query,
  replies: { 200: pageOf(releaseShape) },
  async run({ query: { q = '', here, ...rest }, deps }, member) {
    const words = q.split(/\s+/).filter((word) => word !== '')
    const asked = { ...defined(rest), words, isHere: here === 'true' }
    return json(renderPage(await seenReleases(deps, member, asked), render))
  },
})

export const releaseRoutes: readonly Route[] = [releases]

function render(release: ReleaseEntry) {
  return {
    id: release.id,
    section: release.section,
    name: release.name,
    maker: release.maker,
    files: release.files,
    size_bytes: release.sizeBytes,
    created_at: iso(release.createdAt),
    completed_at: iso(release.completedAt),
    is_nuked: release.isNuked,
    published_at: iso(release.publishedAt),
    gone_at: iso(release.goneAt),
    gone: release.gone,
  }
}
