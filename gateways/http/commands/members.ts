import { accountId } from '#actors/account/account.commands.ts'
import { Refusal } from '#events/refusal.ts'

import { json } from '#gateways/http/codec.ts'
import type { MemberRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { renderConnection, renderMember } from '#gateways/http/render.ts'

export const member: MemberRoute = {
  pattern: '/api/v1/members/:id',
  access: 'members',
  async run({ call, deps }) {
    const id = call.parameter
    const found = id === undefined ? undefined : await deps.readModels.member(accountId(id))
    if (!found) throw new Refusal(HTTP_REFUSALS.notFound, 'There is no such member.')
    return json(renderMember(found))
  },
}

/** Who is on, oldest first. */
export const connections: MemberRoute = {
  pattern: '/api/v1/connections',
  access: 'members',
  async run({ deps }, { flags }) {
    const open = await deps.readModels.connections()
    return json({ items: open.map((each) => renderConnection(each, flags.includes('1'))) })
  },
}
