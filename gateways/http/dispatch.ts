import { createHash, timingSafeEqual } from 'node:crypto'

import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import type { SiteRight } from '#actors/policy/actions.ts'
import { isFromAnotherSite } from '#gateways/kernel/another-site.ts'
import type { Member } from '#gateways/kernel/login.ts'
import type { Policy } from '#gateways/members/policy.ts'
import { rateLimitHeaders } from '#gateways/kernel/rate-limits/headers.ts'
import { takeOrRefuse } from '#gateways/kernel/rate-limits/refusal.ts'

import { type IncomingBody, readBody } from '#gateways/http/body.ts'
import { empty, type HttpCall, type HttpReply } from '#gateways/http/codec.ts'
import {
  type HttpRequestContext,
  isOpen,
  type MemberAccess,
  type MemberRoute,
  type OpenRoute,
  partsOf,
  type Route,
  scopeOf,
} from '#gateways/http/command.ts'
import type { Replays } from '#gateways/http/idempotency.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { readQuery } from '#gateways/http/query.ts'

export interface Access {
  readonly replays: Replays
  /** For `/metrics` from elsewhere than this machine. */
  readonly metricsToken: string | undefined
}

/** A request, and what is the same for all of them. */
export interface Incoming extends Pick<
  HttpRequestContext,
  'call' | 'deps' | 'ready' | 'registry' | 'visits'
> {
  readonly body: IncomingBody
}

/** The route that a method means; HEAD is GET without the body (RFC 9110 section 9.3.2). */
export function routeFor(routes: readonly Route[], method: string): Route | undefined {
  const asked = method === 'HEAD' ? 'GET' : method
  return routes.find((route) => route.method === asked)
}

/**
 * The methods of one pattern: the route that is asked for, or what is there instead. Rejects with
 * a `Refusal`.
 */
export async function dispatch(
  routes: readonly Route[],
  incoming: Incoming,
  access: Access,
): Promise<HttpReply> {
  const { method } = incoming.call
  const route = routeFor(routes, method)
  if (route) return await answer(route, incoming, access)
  const allow = routes
    .flatMap((each) => (each.method === 'GET' ? ['GET', 'HEAD'] : [each.method]))
    .join(', ')
  if (method === 'OPTIONS') return empty(204, { Allow: allow })
  const words = 'That method is not allowed here.'
  throw new Refusal(HTTP_REFUSALS.methodNotAllowed, words, { allow })
}

/** Every check that routes share, then the route. */
async function answer(route: Route, incoming: Incoming, access: Access): Promise<HttpReply> {
  const { call } = incoming
  if (route.method !== 'GET' && isFromAnotherSite(call.origin, call.host)) {
    throw forbidden('Another site may not do that.', 'another-site')
  }
  if (isOpen(route)) {
    if (route.access === 'metrics' && !mayReadMetrics(call, access)) throw notForYou()
    const context = await validated(route, incoming)
    const fresh = () => incoming.deps.ids.next()
    return await route.run({ ...context, commandId: fresh })
  }
  const member = await incoming.deps.members.authorize(call.authorization, {
    gateway: 'http',
    address: call.address,
  })
  await assertMay(route, member, incoming.deps.policy)
  const action = route.method === 'GET' ? 'api_read' : 'api_write'
  const verdict = await takeOrRefuse(incoming.deps.rateLimits, member, action, { gateway: 'http' })
  const reply = await answerMember(route, incoming, access, member)
  return { ...reply, headers: { ...rateLimitHeaders(action, verdict), ...reply.headers } }
}

async function answerMember(
  route: MemberRoute,
  incoming: Incoming,
  { replays }: Access,
  member: Member,
): Promise<HttpReply> {
  const { call, deps } = incoming
  const context = await validated(route, incoming)
  if (route.method === 'GET' || call.idempotencyKey === '') {
    return await route.run({ ...context, commandId: () => deps.ids.next() }, member)
  }
  const id = idempotentId(call, member)
  const commandId = (step?: string) => (step === undefined ? id : derivedId(id, step))
  const fingerprint = createHash('sha256')
    .update(`${call.query.toString()}\n`)
    .update(context.bytes)
    .digest('base64')
  // What was shown once, as a token, is shown again to the same login alone: another one of the
  // same member, as by a token for less, is answered anew, and has no second effect.
  const asker = derivedId(id, member.method, member.credential)
  return await replays.run(asker, fingerprint, async () =>
    route.run({ ...context, commandId }, member),
  )
}

/** The same for the same request of the same member, whichever process it reaches. */
function idempotentId({ method, path, idempotencyKey }: HttpCall, member: Member): string {
  if (!/^[!-~]{1,128}$/.test(idempotencyKey)) {
    const words = 'An Idempotency-Key has 1 to 128 visible ASCII characters.'
    throw new Refusal(HTTP_REFUSALS.invalidIdempotencyKey, words)
  }
  return derivedId('http', member.id, method, path, idempotencyKey)
}

/** What the route's schemas make of the request. Nothing of it is looked at before who asks. */
async function validated(route: OpenRoute | MemberRoute, { body, ...incoming }: Incoming) {
  const { call } = incoming
  const parameters = readParameters(route, call)
  const query = route.query && readQuery(route.query, call.query)
  const bytes = await body.ended
  if (bytes instanceof Refusal) throw bytes
  return {
    ...incoming,
    parameters,
    query,
    bytes,
    body: route.body && readBody(route.body, call.contentType, bytes),
  }
}

/** A path that cannot be one is not there. */
function readParameters({ parameters, pattern }: Route, call: HttpCall): unknown {
  const named = Object.fromEntries(
    partsOf(pattern).map((name, index) => [name, call.parameters[index]]),
  )
  if (!parameters) return named
  const parsed = parameters.safeParse(named)
  if (parsed.success) return parsed.data
  throw new Refusal(HTTP_REFUSALS.notFound, 'There is nothing of that name.')
}

/** What each sort of access asks the policy about; `members`: only who they are. */
const ACTION_FOR: Readonly<Record<MemberAccess, SiteRight | undefined>> = {
  members: undefined,
  auditors: 'audit',
  administrators: 'administer-accounts',
}

/** The token's scope first, then what the policy says. Rejects with a `Refusal`. */
async function assertMay(route: MemberRoute, member: Member, policy: Policy): Promise<void> {
  const scope = scopeOf(route)
  if (scope !== undefined && member.scopes?.includes(scope) === false) {
    throw new Refusal('outside-token-scope', 'Your token is not for that.', { scope })
  }
  const action = ACTION_FOR[route.access]
  if (action) await policy.assert(member, { action })
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

function notForYou(): Refusal {
  return forbidden('You may not see that.', 'not-for-you')
}

function forbidden(words: string, reason: string): Refusal {
  return new Refusal(HTTP_REFUSALS.forbidden, words, { reason })
}
