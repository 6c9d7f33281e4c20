import * as client from 'openid-client'

import type { Clock } from '#events/clock.ts'
import { TOKEN_LIMITS } from '#events/tokens.ts'

import { boundedFetch } from '#infra/oidc/bounded-fetch.ts'
import { isLoopback } from '#infra/oidc/loopback.ts'
import { unavailable } from '#infra/oidc/sign-in-trouble.ts'

export interface OidcClient {
  /** The provider's address. Plain HTTP is taken for this machine alone. */
  readonly issuer: string
  readonly clientId: string
  /** Without it the client is a public one, whom PKCE alone protects. */
  readonly clientSecret?: string
  /** How the secret is sent. Default: as the provider says, in a header if it takes both. */
  readonly clientAuthentication?: 'basic' | 'post'
  /** One request to the provider takes so long at most. Default 5,000. */
  readonly requestTimeoutMs?: number
}

const ATTEMPTS = 2
/** After a failure the next one who comes is refused at once for so long. */
const PAUSE_MS = 5_000
/** Then what the provider says of itself is asked again. */
const LIFE_MS = 86_400_000

/**
 * What the provider says of itself, asked when it is first needed, by one request for all who
 * wait. Throws for an issuer whose address will not do; what it answers rejects with the
 * refusal `sign-in-unavailable`.
 */
export function createDiscovery(
  options: OidcClient,
  clock: Clock,
): () => Promise<client.Configuration> {
  const issuer = new URL(options.issuer)
  const isPlain = issuer.protocol === 'http:'
  if (issuer.protocol !== 'https:' && !(isPlain && isLoopback(issuer))) {
    throw new Error(`${options.issuer} cannot be a provider: it needs https`)
  }
  let found: { readonly config: client.Configuration; readonly atMs: number } | undefined
  let asking: Promise<client.Configuration> | undefined
  let failed: { readonly cause: unknown; readonly atMs: number } | undefined

  async function ask(): Promise<client.Configuration> {
    for (let attempt = 1; ; attempt++) {
      try {
        const config = await discover(options, issuer, isPlain)
        found = { config, atMs: clock.now() }
        failed = undefined
        return config
      } catch (cause) {
        failed = { cause, atMs: clock.now() }
        // Whatever is wrong with it, it is not the fault of who wants to sign in.
        if (attempt === ATTEMPTS) throw unavailable(cause)
      }
    }
  }

  return async () => {
    const now = clock.now()
    if (found !== undefined && now - found.atMs < LIFE_MS) return found.config
    if (asking === undefined && failed !== undefined && now - failed.atMs < PAUSE_MS) {
      throw unavailable(failed.cause)
    }
    asking ??= ask().finally(() => (asking = undefined))
    return await asking
  }
}

async function discover(
  options: OidcClient,
  issuer: URL,
  isPlain: boolean,
): Promise<client.Configuration> {
  const { clientId, requestTimeoutMs = 5_000 } = options
  const metadata = { [client.clockTolerance]: TOKEN_LIMITS.leewayMs / 1_000 }
  return await client.discovery(issuer, clientId, metadata, authenticationOf(options), {
    timeout: requestTimeoutMs / 1_000,
    [client.customFetch]: boundedFetch,
    execute: [
      // The signature of an identity is checked as well, not only where it came from.
      client.enableNonRepudiationChecks,
      // The fetch above still keeps plain HTTP to this machine.
      ...(isPlain ? [client.allowInsecureRequests] : []),
    ],
  })
}

function authenticationOf(options: OidcClient): client.ClientAuth {
  const { clientSecret, clientAuthentication } = options
  if (clientSecret === undefined) return client.None()
  const basic = client.ClientSecretBasic(clientSecret)
  const post = client.ClientSecretPost(clientSecret)
  return (as, metadata, body, headers) => {
    // Without a list it is `client_secret_basic` (OpenID Connect Discovery 1.0 section 3).
    const methods = as.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isBasic =
      clientAuthentication === undefined
        ? methods.includes('client_secret_basic')
        : clientAuthentication === 'basic'
    return (isBasic ? basic : post)(as, metadata, body, headers)
  }
}
