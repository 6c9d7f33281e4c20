import { z } from 'zod'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import {
  type Linking,
  SIGN_IN_FLOW_REFUSALS,
  type SignInOutcome,
} from '#gateways/members/sign-in.ts'
import { Refusal } from '#events/refusal.ts'

import { empty, type HttpCall, type HttpReply, json, redirect } from '#gateways/http/codec.ts'
import { type HttpRequestContext, memberRoute, openRoute } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { tokenPairShape, renderTokenPair } from '#gateways/http/token-pair.ts'

const COOKIE = 'veza_sign_in'
const COOKIE_PATH = '/api/v1/auth/oidc'
const COOKIE_SECONDS = 600

const provider = z.object({ provider: z.string().regex(/^[a-z0-9-]{1,32}$/) })
const tags = ['authentication']

/** By what other sites one can sign in. */
export const signInProviders = openRoute({
  method: 'GET',
  pattern: '/api/v1/auth/oidc',
  access: 'everyone',
  summary: 'Other sites by which members can sign in',
  tags,
  replies: { 200: z.object({ items: z.array(z.object({ provider: z.string() })) }) },
  run: ({ deps }) => json({ items: deps.signIn.providers.map((name) => ({ provider: name })) }),
})

/** Sends the browser to the other site. */
export const beginSignIn = openRoute({
  method: 'GET',
  pattern: '/api/v1/auth/oidc/:provider/start',
  access: 'everyone',
  summary: 'Begins to sign in at another site',
  tags,
  parameters: provider,
  replies: { 302: 'empty' },
  async run(context) {
    const { url, headers } = await begin(context, context.parameters.provider, null)
    return redirect(url, headers)
  },
})

/** The same for who is logged in and wants to be known by that site too. */
export const beginLink = memberRoute({
  method: 'POST',
  pattern: '/api/v1/me/identities',
  access: 'members',
  scope: 'admin',
  summary: 'Begins to link an identity of another site with the own account',
  tags,
  body: provider,
  replies: { 200: z.object({ url: z.string() }) },
  async run(context, member) {
    const { id, method, credential } = member
    const linking = { id, method, credential, ...(await whereabouts(context, member)) }
    const { url, headers } = await begin(context, context.body.provider, linking)
    return json({ url }, 200, headers)
  },
})

export const finishSignIn = openRoute({
  method: 'GET',
  pattern: '/api/v1/auth/oidc/:provider/callback',
  access: 'everyone',
  summary: 'Where the other site sends the browser back to',
  tags,
  parameters: provider,
  replies: {
    200: z.union([
      tokenPairShape,
      z.object({ mfa_required: z.literal(true), pending: z.string() }),
      z.object({ linked: z.string() }),
    ]),
  },
  async run({ call, deps, parameters }) {
    const cookie = cookieOf(call)
    if (cookie === undefined) {
      throw new Refusal(SIGN_IN_FLOW_REFUSALS.signInExpired, 'Begin to sign in again.')
    }
    const url = `${call.path}?${call.query.toString()}`
    const outcome = await deps.signIn.finish(parameters.provider, url, cookie, originOf(call))
    return withCookie(json(renderOutcome(outcome)), '', 0, deps.siteUrl)
  },
})

export const completeSignIn = openRoute({
  method: 'POST',
  pattern: '/api/v1/auth/oidc/complete',
  access: 'everyone',
  summary: 'The code of the second factor, where the sign-in has asked for it',
  tags,
  body: z.object({ pending: z.string().max(4_096), code: z.string().max(64) }),
  replies: { 200: tokenPairShape },
  async run({ body, call, deps }) {
    return json(
      renderTokenPair(await deps.signIn.complete(body.pending, body.code, originOf(call))),
    )
  },
})

export const unlinkIdentity = memberRoute({
  method: 'DELETE',
  pattern: '/api/v1/me/identities/:identity',
  access: 'members',
  scope: 'admin',
  summary: 'Takes an identity of another site from the own account',
  tags,
  parameters: z.object({ identity: z.string().min(1).max(64) }),
  replies: { 204: 'empty' },
  async run(request, member) {
    const { deps, parameters, commandId } = request
    const where = await whereabouts(request, member)
    const context = { ...where, by: member.id, commandId: commandId() }
    await deps.signIn.unlink(member.id, parameters.identity, context)
    return empty()
  },
})

/** For the audit: from where the member asks, and what ties the commands of the request together. */
async function whereabouts(
  { call, visits }: Pick<HttpRequestContext, 'call' | 'visits'>,
  member: Member,
) {
  return { connection: await visits.of(member, originOf(call)), correlationId: call.id }
}

async function begin(
  { deps, call }: Pick<HttpRequestContext, 'deps' | 'call'>,
  name: string,
  linking: Linking | null,
) {
  const base = deps.siteUrl ?? `http://${call.host}`
  if (!URL.canParse(base)) throw new Refusal(HTTP_REFUSALS.notFound, 'There is no such host.')
  const redirectUri = new URL(`${COOKIE_PATH}/${name}/callback`, base).href
  const { url, cookie } = await deps.signIn.begin(name, redirectUri, linking)
  return { url, headers: { 'Set-Cookie': cookieText(cookie, COOKIE_SECONDS, deps.siteUrl) } }
}

function renderOutcome(outcome: SignInOutcome) {
  switch (outcome.kind) {
    case 'in':
      return renderTokenPair(outcome.tokens)
    case 'code':
      return { mfa_required: true, pending: outcome.pending }
    case 'linked':
      return { linked: outcome.account }
  }
}

function withCookie(
  reply: HttpReply,
  value: string,
  seconds: number,
  siteUrl: string | undefined,
): HttpReply {
  return { ...reply, headers: { 'Set-Cookie': cookieText(value, seconds, siteUrl) } }
}

/** Lax: the browser comes back by following a link from the other site. */
function cookieText(value: string, seconds: number, siteUrl: string | undefined): string {
  const isSecure = siteUrl?.startsWith('https:') === true
  const rest = `Path=${COOKIE_PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
  return `${COOKIE}=${value}; ${rest}${isSecure ? '; Secure' : ''}`
}

function cookieOf({ cookie }: HttpCall): string | undefined {
  const found = cookie
    .split(/; */)
    .find((each) => each.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)
  return found === '' ? undefined : found
}

function originOf({ address }: HttpCall): Origin {
  return { gateway: 'http', address }
}
