import { HISTORY_REFUSALS } from '#actors/kernel/host.ts'
import { HOST_REFUSALS, type Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'

import type { HttpReply } from '#gateways/http/codec.ts'

export const HTTP_REFUSALS = {
  notFound: 'not-found',
  /** Field `allow`. */
  methodNotAllowed: 'method-not-allowed',
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  invalidQuery: 'invalid-query',
  bodyTooLarge: 'body-too-large',
  upgradeRequired: 'upgrade-required',
  tooManyLogins: 'too-many-logins',
  internal: 'internal-error',
} as const

/** Domain refusals to status codes, in one place; others are 400. RFC 9110 section 15. */
const STATUS: Readonly<Record<string, number>> = {
  [HTTP_REFUSALS.notFound]: 404,
  [HOST_REFUSALS.unknownKind]: 404,
  [HTTP_REFUSALS.methodNotAllowed]: 405,
  [HTTP_REFUSALS.unauthenticated]: 401,
  [LOGIN_REFUSALS.loginIncorrect]: 401,
  [HTTP_REFUSALS.forbidden]: 403,
  [HTTP_REFUSALS.bodyTooLarge]: 413,
  [HISTORY_REFUSALS.historyTooLong]: 422,
  [HISTORY_REFUSALS.historyIncomplete]: 422,
  [HTTP_REFUSALS.upgradeRequired]: 426,
  [HTTP_REFUSALS.tooManyLogins]: 503,
  [HOST_REFUSALS.busy]: 503,
  [HOST_REFUSALS.logUnavailable]: 503,
  [HOST_REFUSALS.stopping]: 503,
  [HOST_REFUSALS.faulty]: 503,
  [HOST_REFUSALS.noHolder]: 503,
  [HTTP_REFUSALS.internal]: 500,
}

/** Headers that RFC 9110 asks for beside a status. */
const HEADERS: Readonly<Record<number, (refusal: Refusal) => Readonly<Record<string, string>>>> = {
  // The same words with or without credentials: who has none is told how to give them.
  401: () => ({ 'WWW-Authenticate': 'Basic realm="veza", charset="UTF-8"' }),
  405: ({ fields }) => ({ Allow: String(fields.allow) }),
  426: () => ({ Upgrade: 'websocket', Connection: 'Upgrade' }),
  503: () => ({ 'Retry-After': '1' }),
}

/** RFC 9457: problem details, with the stable `code` and the request's id. */
export function problemReply(refusal: Refusal, requestId: string): HttpReply {
  const status = STATUS[refusal.code] ?? 400
  const { errors } = refusal.fields
  return {
    status,
    headers: HEADERS[status]?.(refusal) ?? {},
    type: 'application/problem+json',
    body: JSON.stringify({
      type: 'about:blank',
      title: refusal.message,
      status,
      code: refusal.code,
      request_id: requestId,
      ...(errors !== undefined && { errors }),
    }),
  }
}
