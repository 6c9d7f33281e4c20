import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import { isApiToken } from '#gateways/members/api-tokens.ts'

import { empty, json } from '#gateways/http/codec.ts'
import { openRoute, type Route } from '#gateways/http/command.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'
import { renderTokenPair, tokenPairShape } from '#gateways/http/token-pair.ts'

const tags = ['authentication']
const access = 'everyone'
const withRefreshToken = z.object({ refresh_token: z.string().min(1).max(256) })

const login = openRoute({
  method: 'POST',
  pattern: '/api/v1/auth/login',
  access,
  summary: 'Opens a session: an access token for 15 minutes, and a token to refresh it',
  tags,
  body: z.object({
    username: z.string().min(1).max(64),
    password: z.string().min(1).max(1_024),
    code: z.string().max(64).optional().describe('of the second factor, where there is one'),
  }),
  replies: { 200: tokenPairShape },
  async run({ body: { username: name, password: secret, code }, call, deps }) {
    // A session may do all that its member may, and is not ended by revoking the token.
    if (isApiToken(secret)) {
      const words = 'An API token opens no session: send it with each request.'
      throw new Refusal(HTTP_REFUSALS.forbidden, words, { reason: 'api-token' })
    }
    const origin = { gateway: 'http', address: call.address } as const
    const member = await deps.login.verify({ name, secret, code }, origin)
    return json(renderTokenPair(await deps.sessions.open(member, 'password', origin)))
  },
})

const refresh = openRoute({
  method: 'POST',
  pattern: '/api/v1/auth/refresh',
  access,
  summary: 'New tokens for a refresh token, which is good once; a second use ends the session',
  tags,
  body: withRefreshToken,
  replies: { 200: tokenPairShape },
  async run({ body, deps }) {
    return json(renderTokenPair(await deps.sessions.refresh(body.refresh_token)))
  },
})

const logout = openRoute({
  method: 'POST',
  pattern: '/api/v1/auth/logout',
  access,
  summary: 'Ends the session of a refresh token',
  tags,
  body: withRefreshToken,
  replies: { 204: 'empty' },
  async run({ body, deps }) {
    await deps.sessions.endOf(body.refresh_token)
    return empty()
  },
})

const keyShape = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
})

/** A key is announced 10 minutes before it signs: who keeps the set for 5 knows it in time. */
const KEPT = 'public, max-age=300'

const jwks = openRoute({
  method: 'GET',
  pattern: '/.well-known/jwks.json',
  access,
  summary: 'The public keys of access tokens, as a JWK set (RFC 7517)',
  tags,
  replies: { 200: z.object({ keys: z.array(keyShape) }) },
  run: ({ deps }) => json(deps.tokens.jwks(), 200, { 'Cache-Control': KEPT }),
})

export const authRoutes: readonly Route[] = [login, refresh, logout, jwks]
