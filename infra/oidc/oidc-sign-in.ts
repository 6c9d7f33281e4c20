import * as client from 'openid-client'

import type { Clock } from '#events/clock.ts'
import type { ProvenIdentity, SignInProvider } from '#events/sign-in-provider.ts'

import { createDiscovery, type OidcClient } from '#infra/oidc/discovered.ts'
import { signInRefusal } from '#infra/oidc/sign-in-trouble.ts'

export interface OidcSignInOptions extends OidcClient {
  readonly clock: Clock
  /** Default `openid email profile`. */
  readonly scope?: string
}

/** The longest address that a browser may come back to. */
const CALLBACK_LENGTH = 8 * 1024
const TEXT_LENGTH = 320
const SUBJECT_LENGTH = 255

/**
 * Sign-in at an OpenID provider. The provider is asked for the first time by the first member
 * who signs in there: one that is down does not keep the server from starting.
 */
export function createOidcSignIn(options: OidcSignInOptions): SignInProvider {
  const { clock, scope = 'openid email profile' } = options
  const discovered = createDiscovery(options, clock)

  return {
    begin: ({ redirectUri }) =>
      translated(async () => {
        const config = await discovered()
        const codeVerifier = client.randomPKCECodeVerifier()
        const [state, nonce] = [client.randomState(), client.randomNonce()]
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope,
          state,
          nonce,
          code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
        })
        return { url: url.href, state: { state, nonce, codeVerifier, redirectUri } }
      }),
    finish: (callbackUrl, { state, nonce, codeVerifier, redirectUri }) =>
      translated(async () => {
        const config = await discovered()
        // What stands before the `?` is what we asked for, whatever proxies have made of it.
        const current = new URL(redirectUri)
        current.search = searchOf(callbackUrl)
        const answer = await client.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        const claims = answer.claims()!
        const { iss: issuer, sub: subject } = claims
        // OpenID Connect Core 1.0 section 2: 255 characters at most.
        if (subject.length > SUBJECT_LENGTH) throw new Error('the provider has too long a subject')
        if (
          claims['email'] !== undefined ||
          config.serverMetadata().userinfo_endpoint === undefined
        ) {
          return { issuer, subject, ...profileOf(claims) }
        }
        const info = await client.fetchUserInfo(config, answer.access_token, subject)
        return { issuer, subject, ...profileOf({ ...info, ...claims }) }
      }),
  }
}

async function translated<T>(half: () => Promise<T>): Promise<T> {
  try {
    return await half()
  } catch (cause) {
    throw signInRefusal(cause)
  }
}

function searchOf(callbackUrl: string): string {
  const start = callbackUrl.indexOf('?')
  return start < 0 || callbackUrl.length > CALLBACK_LENGTH ? '' : callbackUrl.slice(start)
}

/** Providers may leave any of these away, and send whatever they like in them. */
function profileOf(
  claims: Readonly<Record<string, unknown>>,
): Omit<ProvenIdentity, 'issuer' | 'subject'> {
  const { email, email_verified: emailVerified, name } = claims
  return {
    ...(isText(email) && { email }),
    ...(isText(email) && typeof emailVerified === 'boolean' && { emailVerified }),
    ...(isText(name) && { name }),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_LENGTH
}
