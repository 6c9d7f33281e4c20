import { HISTORY_REFUSALS } from '#actors/kernel/host.ts'
import { HOST_REFUSALS, type Refusal } from '#events/refusal.ts'
import { NO_SIGNING_KEY, TOKEN_REFUSALS } from '#events/tokens.ts'
import { SIGN_IN_REFUSALS } from '#events/sign-in-provider.ts'
import type { RateAction } from '#gateways/kernel/rate-limits/actions.ts'
import { rateLimitHeaders } from '#gateways/kernel/rate-limits/headers.ts'
import type { Verdict } from '#gateways/kernel/rate-limits/meter.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'
import { STANDING_REFUSALS } from '#gateways/members/standing.ts'
import { PROOF_REFUSALS } from '#gateways/members/verified-members.ts'

import type { HttpReply } from '#gateways/http/codec.ts'

export const HTTP_REFUSALS = {
  notFound: 'not-found',
  /** Field `allow`. */
  methodNotAllowed: 'method-not-allowed',
  /** Field `reason`. */
  forbidden: 'forbidden',
  /** These two with the field `errors`. */
  invalidQuery: 'invalid-query',
  invalidBody: 'invalid-body',
  invalidIdempotencyKey: 'invalid-idempotency-key',
  idempotencyKeyReused: 'idempotency-key-reused',
  requestInFlight: 'request-in-flight',
  unsupportedMediaType: 'unsupported-media-type',
  /** Field `limit`, in bytes. */
  bodyTooLarge: 'body-too-large',
  bodyTimeout: 'body-timeout',
  bodyIncomplete: 'body-incomplete',
  upgradeRequired: 'upgrade-required',
  internal: 'internal-error',
} as const

/** Domain refusals to status codes, in one place. RFC 9110 section 15, RFC 6585 section 4. */
const STATUS: Readonly<Record<string, number>> = {
  [PROOF_REFUSALS.unauthenticated]: 401,
  [LOGIN_REFUSALS.loginIncorrect]: 401,
  [SIGN_IN_REFUSALS.denied]: 401,
  'refresh-token-invalid': 401,
  'refresh-token-reused': 401,
  'mfa-required': 401,
  'mfa-code-incorrect': 401,
  [HTTP_REFUSALS.forbidden]: 403,
  [STANDING_REFUSALS.enrolmentRequired]: 403,
  'identity-not-linked': 403,
  'insufficient-credits': 403,
  [STANDING_REFUSALS.loginDenied]: 403,
  'outside-token-scope': 403,
  'not-yours': 403,
  [HTTP_REFUSALS.notFound]: 404,
  [HOST_REFUSALS.unknownKind]: 404,
  [HTTP_REFUSALS.methodNotAllowed]: 405,
  [HTTP_REFUSALS.bodyTimeout]: 408,
  [HTTP_REFUSALS.requestInFlight]: 409,
  'account-not-deleted': 409,
  'code-used': 409,
  'group-deleted': 409,
  'last-group': 409,
  'mfa-not-begun': 409,
  'mfa-off': 409,
  'mfa-on': 409,
  'no-free-name': 409,
  'no-free-slot': 409,
  'section-in-use': 409,
  'pre-section-of-affil': 409,
  'rights-changed': 409,
  'section-not-empty': 409,
  'not-banned': 409,
  'not-in-group': 409,
  'signing-key-superseded': 409,
  forgotten: 410,
  [HTTP_REFUSALS.bodyTooLarge]: 413,
  [HTTP_REFUSALS.unsupportedMediaType]: 415,
  [HISTORY_REFUSALS.historyTooLong]: 422,
  [HISTORY_REFUSALS.historyIncomplete]: 422,
  [HTTP_REFUSALS.idempotencyKeyReused]: 422,
  [HTTP_REFUSALS.upgradeRequired]: 426,
  'locked-out': 429,
  'rate-limited': 429,
  'too-many-logins': 429,
  [HTTP_REFUSALS.internal]: 500,
  [SIGN_IN_REFUSALS.unavailable]: 502,
  [PROOF_REFUSALS.loginQueueFull]: 503,
  [HOST_REFUSALS.busy]: 503,
  [HOST_REFUSALS.logUnavailable]: 503,
  [HOST_REFUSALS.stopping]: 503,
  [HOST_REFUSALS.faulty]: 503,
  [HOST_REFUSALS.noHolder]: 503,
  [NO_SIGNING_KEY]: 503,
}

/** Codes that stand not above, by how they are named; the first that fits. Others are 400. */
const FAMILIES: readonly (readonly [RegExp, number])[] = [
  [/^no-such-/, 404],
  [/-(exists|taken)$/, 409],
  [/^already-/, 409],
  [/^(signing-)?too-many/, 409],
  [/^token-/, 401],
  [/^password-/, 422],
  [/^account-/, 403],
]

export function statusOf(code: string): number {
  return STATUS[code] ?? FAMILIES.find(([family]) => family.test(code))?.[1] ?? 400
}

/** Who asks, as far as the answer depends on it. */
export interface Asked {
  readonly id: string
  readonly authorization: string
}

type Headers = NonNullable<HttpReply['headers']>

/** Headers that the RFCs ask for beside a status. */
const HEADERS: Readonly<Record<number, (refusal: Refusal, asked: Asked) => Headers>> = {
  401: (_, { authorization }) => ({ 'WWW-Authenticate': challenges(authorization) }),
  405: ({ fields }) => ({ Allow: String(fields.allow) }),
  // RFC 9110 section 15.5.16.
  415: () => ({ Accept: 'application/json' }),
  426: () => ({ Upgrade: 'websocket', Connection: 'Upgrade' }),
  429: ({ fields }) => ({ ...retryAfter(fields.retryAfterMs), ...rateHeaders(fields) }),
  503: () => ({ 'Retry-After': '1' }),
}

/** RFC 7617 section 2, RFC 6750 section 3: `invalid_token` is for who gave a token. */
function challenges(authorization: string): string[] {
  const error = /^bearer /i.test(authorization) ? ', error="invalid_token"' : ''
  return ['Basic realm="veza", charset="UTF-8"', `Bearer realm="veza"${error}`]
}

function retryAfter(ms: unknown): Headers {
  if (typeof ms !== 'number') return {}
  return { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1_000))) }
}

/** A refused take has its action and verdict (gateways/kernel/rate-limits/refusal.ts). */
function rateHeaders({ action, verdict }: Refusal['fields']): Headers {
  if (typeof action !== 'string' || verdict === undefined) return {}
  return rateLimitHeaders(action as RateAction, verdict as Verdict)
}

/** What a client may read of a refusal's fields; the rest is for the log. */
const FIELDS: Readonly<Record<string, string>> = {
  action: 'action',
  error: 'error',
  errors: 'errors',
  haveBytes: 'have_bytes',
  leftBytes: 'left_bytes',
  limit: 'limit',
  line: 'line',
  needBytes: 'need_bytes',
  of: 'of',
  reason: 'reason',
  retryAfterMs: 'retry_after_ms',
  scope: 'scope',
  section: 'section',
  slot: 'slot',
  what: 'what',
}

/** RFC 9457: problem details, with the stable `code`, the request's id and what is known. */
export function problemReply(refusal: Refusal, asked: Asked): HttpReply {
  const status = statusOf(refusal.code)
  const { code, title } = publicWords(refusal)
  const members = Object.entries(FIELDS)
    .filter(([field]) => refusal.fields[field] !== undefined)
    .map(([field, name]) => [name, refusal.fields[field]])
  return {
    status,
    headers: HEADERS[status]?.(refusal, asked) ?? {},
    type: 'application/problem+json',
    body: JSON.stringify({
      ...Object.fromEntries(members),
      type: 'about:blank',
      title,
      status,
      code,
      request_id: asked.id,
    }),
  }
}

/** What is wrong with a token is for the audit; only that its time is over helps a client. */
function publicWords({ code, message }: Refusal): {
  readonly code: string
  readonly title: string
} {
  if (!code.startsWith('token-') || statusOf(code) !== 401) return { code, title: message }
  if (code === TOKEN_REFUSALS.expired) return { code, title: 'The token has expired.' }
  return { code: PROOF_REFUSALS.unauthenticated, title: 'The token is not valid.' }
}
