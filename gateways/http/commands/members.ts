import { z } from 'zod'

import { accountId } from '#actors/account/account.commands.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { sectionsShownTo } from '#gateways/members/administration/sections.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'

import { json } from '#gateways/http/codec.ts'
import { type HttpDeps, memberRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { renderConnection, renderMember } from '#gateways/http/render.ts'

const count = z.number().int()
const time = z.iso.datetime()

const totals = z.object({ files: count, size_bytes: count, duration_ms: count })
const periods = z.object({ all: totals, month: totals, week: totals, day: totals })

const memberShape = z
  .object({
    id: z.string().meta({ example: 'ann' }),
    name: z.string().meta({ example: 'Ann' }),
    group: z.string(),
    flags: z.string(),
    created_at: time,
    last_seen_at: time.nullable(),
    up: periods,
    down: periods,
    sections: z
      .array(z.object({ section: z.string(), up: periods, down: periods }))
      .describe('the same by section, of those that you see'),
  })
  .meta({ id: 'Member' })

export const member = memberRoute({
  method: 'GET',
  pattern: '/api/v1/members/:id',
  access: 'members',
  summary: 'A member and what they have transferred',
  tags: ['members'],
  parameters: z.object({ id: z.string().min(1).max(64) }),
  replies: { 200: memberShape },
  async run({ parameters, deps }, member) {
    const found = await deps.readModels.member(accountId(parameters.id))
    if (!found) throw new Refusal(HTTP_REFUSALS.notFound, 'There is no such member.')
    const seen = await sectionsShownTo(deps, { member })
    return json(renderMember(found, new Set(seen.map(({ name }) => name))))
  },
})

const connectionShape = z
  .object({
    id: z.string(),
    gateway: z.string().meta({ example: 'ftp' }),
    remote: z
      .string()
      .nullable()
      .describe('address and port, for those who run the site; null before the login'),
    node: z.string(),
    secured: z.boolean(),
    member: z.string().nullable(),
    group: z.string().nullable(),
    method: z.string().nullable().describe('how the member logged in'),
    opened_at: time,
    upload: z.object({ race: z.string(), file: z.string(), upload_id: z.string() }).nullable(),
  })
  .meta({ id: 'Connection' })

/** Who is on, oldest first. */
export const connections = memberRoute({
  method: 'GET',
  pattern: '/api/v1/connections',
  access: 'members',
  summary: 'Who is on, oldest first',
  tags: ['members'],
  replies: { 200: z.object({ items: z.array(connectionShape) }) },
  async run({ deps }, member) {
    const open = await deps.readModels.connections()
    const remotes = await remotesFor(member, deps)
    const { sees } = await deps.policy.viewOf(member)
    const items = open.map(async (each) => {
      const { upload } = each
      const isSeen = upload === null || sees(await pathOf(deps, upload))
      return await renderConnection(isSeen ? each : { ...each, upload: null }, remotes)
    })
    return json({ items: await Promise.all(items) })
  },
})

/** Of a file on its way in: where it is on the site. */
async function pathOf(
  { host }: Pick<HttpDeps, 'host'>,
  { race, file }: { readonly race: string; readonly file: string },
): Promise<string> {
  const { context } = await host.state<RaceContext>({ kind: 'race', id: race })
  return `/${context.section}/${context.release}/${file}`
}
