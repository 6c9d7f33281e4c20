import { z } from 'zod'

import { json } from '#gateways/http/codec.ts'
import type { MemberRoute } from '#gateways/http/command.ts'
import { defined, paging, readQuery } from '#gateways/http/query.ts'
import { renderAuditEntry, renderPage } from '#gateways/http/render.ts'

/** A moment as ISO 8601, with its offset. */
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

const auditQuery = z.object({
  stream: z.string().min(1).max(400).optional(),
  member: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64).optional(),
  correlation_id: z.string().min(1).max(64).optional(),
  since: moment.optional(),
  until: moment.optional(),
  ...paging,
})

export const audit: MemberRoute = {
  pattern: '/api/v1/audit',
  access: 'siteops',
  async run({ call, deps }) {
    const { correlation_id: correlationId, ...query } = readQuery(auditQuery, call.query)
    const page = await deps.readModels.audit(defined({ ...query, correlationId }))
    return json(renderPage(page, renderAuditEntry))
  },
}
