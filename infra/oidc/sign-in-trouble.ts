import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'

import { Refusal } from '#events/refusal.ts'
import { SIGN_IN_REFUSALS } from '#events/sign-in-provider.ts'

const WORDS = {
  [SIGN_IN_REFUSALS.unavailable]: 'The other site does not answer as it should; try again later.',
  [SIGN_IN_REFUSALS.denied]: 'The other site did not let you sign in.',
  [SIGN_IN_REFUSALS.invalid]: 'This sign-in does not belong to one begun here, or is over.',
}

/** Codes of openid-client for answers that are well formed and not the ones waited for. */
const INVALID = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

/** What the provider says when it is the one in trouble (RFC 6749 section 4.1.2.1). */
const THEIR_TROUBLE = new Set(['server_error', 'temporarily_unavailable'])

/** The refusal that stands for a failed half of a sign-in; the reason is its `cause`. */
export function signInRefusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause
  if (cause instanceof AuthorizationResponseError) {
    const code = THEIR_TROUBLE.has(cause.error) ? 'unavailable' : 'denied'
    return refusal(SIGN_IN_REFUSALS[code], cause, { error: cause.error })
  }
  if (cause instanceof ResponseBodyError && cause.error === 'invalid_grant') {
    return refusal(SIGN_IN_REFUSALS.invalid, cause)
  }
  const isInvalid = INVALID.has((cause as { readonly code?: string }).code ?? '')
  return isInvalid ? refusal(SIGN_IN_REFUSALS.invalid, cause) : unavailable(cause)
}

/** The refusal for a provider that cannot be used now. */
export function unavailable(cause: unknown): Refusal {
  return refusal(SIGN_IN_REFUSALS.unavailable, cause)
}

function refusal(code: keyof typeof WORDS, cause: unknown, fields: object = {}): Refusal {
  const made = new Refusal(code, WORDS[code], { ...fields })
  made.cause = cause
  return made
}
