/** What must be kept between the two halves of a sign-in: by the server, not by the browser. */
export interface SignInRecord {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly redirectUri: string
}

/** Who a provider says the person is. `issuer` and `subject` together name one for ever. */
export interface ProvenIdentity {
  readonly issuer: string
  readonly subject: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly name?: string
}

/**
 * Sign-in at another site: OpenID Connect, authorization code with PKCE.
 *
 * Both halves reject with a `Refusal` of `SIGN_IN_REFUSALS`.
 */
export interface SignInProvider {
  /** Where to send the browser, and what to keep until it comes back. */
  begin(request: {
    readonly redirectUri: string
  }): Promise<{ readonly url: string; readonly state: SignInRecord }>
  /** `callbackUrl` is the whole address that the browser came back to. */
  finish(callbackUrl: string, record: SignInRecord): Promise<ProvenIdentity>
}

export const SIGN_IN_REFUSALS = {
  /** The provider did not answer, or not as one: try again later. */
  unavailable: 'sign-in-unavailable',
  /** The person said no there, or the provider did: field `error`, RFC 6749 section 4.1.2.1. */
  denied: 'sign-in-denied',
  /** What came back does not belong to what was begun, or was used before. */
  invalid: 'sign-in-invalid',
} as const
