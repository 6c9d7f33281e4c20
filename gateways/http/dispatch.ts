import { createHash, timingSafeEqual } from 'node:crypto'

import { Refusal } from '#events/refusal.ts'
import { isSiteop, mayAudit } from '#gateways/kernel/may-audit.ts'

import type { HttpCall, HttpReply } from '#gateways/http/codec.ts'
import type { HttpRequestContext, Route } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import type { VerifiedMembers } from '#gateways/http/verified-members.ts'

/** No route reads a body; a small one is borne. */
const BODY_BYTES = 64 * 1024

export interface Access {
  readonly members: VerifiedMembers
  /** For `/metrics` from elsewhere than this machine. */
  readonly metricsToken: string | undefined
}

/** Every check that routes share, then the route. Rejects with a `Refusal`. */
export async function dispatch(
  route: Route,
  context: HttpRequestContext,
  access: Access,
): Promise<HttpReply> {
  const { call } = context
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    throw new Refusal(HTTP_REFUSALS.methodNotAllowed, 'That method is not allowed here.', {
      allow: 'GET, HEAD',
    })
  }
  if (call.bodyBytes > BODY_BYTES) {
    throw new Refusal(HTTP_REFUSALS.bodyTooLarge, 'The body is too large.')
  }
  if (route.access === 'everyone') return await route.run(context)
  if (route.access === 'metrics') {
    if (!mayReadMetrics(call, access)) throw forbidden()
    return await route.run(context)
  }
  const member = await access.members.authorize(call.authorization)
  if (route.access === 'siteops' && !isSiteop(member)) throw forbidden()
  if (route.access === 'auditors' && !mayAudit(member)) throw forbidden()
  return await route.run(context, member)
}

function mayReadMetrics(call: HttpCall, { metricsToken }: Access): boolean {
  const given = /^bearer +(\S+) *$/i.exec(call.authorization)?.[1]
  if (given !== undefined) return metricsToken !== undefined && isSame(given, metricsToken)
  return call.isLocal
}

/** Takes the same time wherever the texts differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

function forbidden(): Refusal {
  return new Refusal(HTTP_REFUSALS.forbidden, 'You may not see that.')
}
